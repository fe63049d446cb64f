"""`--log-opt` of the json-file driver, in Docker's words."""

import re
from collections.abc import Mapping

from sdk.errors import InvalidArgument
from sdk.logfiles.rotation import check_mode

_KNOWN = frozenset(
    {"max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size"}
)


def check_options(options: Mapping[str, str]) -> None:
    """Raise InvalidArgument, with Docker's sentences, for an option that is unknown."""
    for key in options:
        if key not in _KNOWN:
            raise InvalidArgument(f"unknown log opt '{key}' for json-file log driver")
    check_mode(options)
    for key in ("labels-regex", "env-regex"):
        _check_pattern(options.get(key, ""))


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise InvalidArgument(f"error parsing regexp: {error}: `{pattern}`") from None
