"""`--log-opt` of the json-file driver, in Docker's words."""

from collections.abc import Mapping

from plugins.log_jsonfile.patterns import compiled
from sdk.errors import InvalidArgument
from sdk.logfiles.rotation import check_mode

_KNOWN = frozenset(
    {"max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size"}
)


def check_options(options: Mapping[str, str]) -> None:
    """Raise InvalidArgument, with Docker's sentences, for an option that is unknown, and what `compiled` raises for a pattern."""
    for key in options:
        if key not in _KNOWN:
            raise InvalidArgument(f"unknown log opt '{key}' for json-file log driver")
    check_mode(options)
    for key in ("labels-regex", "env-regex"):
        compiled(options.get(key, ""))
