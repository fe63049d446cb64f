"""`--log-opt` of the json-file driver, in Docker's words."""

from collections.abc import Mapping

from sdk.errors import InvalidArgument
from sdk.logfiles.attributes import ATTRIBUTE_OPTIONS, check_attributes
from sdk.logfiles.builtin import BUILTIN, check_builtin
from sdk.logfiles.tags import check_tag
from sdk.text import cleaned

_KNOWN = frozenset(("max-size", "max-file", "compress", "tag")) | ATTRIBUTE_OPTIONS | BUILTIN


def check_options(options: Mapping[str, str]) -> None:
    """Raise InvalidArgument, with Docker's sentences, for an option that is unknown, a tag or a pattern that cannot be."""
    for key in options:
        if key not in _KNOWN:
            raise InvalidArgument(f"unknown log opt '{cleaned(key)}' for json-file log driver")
    check_builtin(options)
    check_attributes(options)
    check_tag(options.get("tag", ""))
