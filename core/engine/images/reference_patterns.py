"""Patterns of image names, as `docker images` takes them: Go's path.Match, in which no wildcard matches a slash."""

import re

from sdk.errors import InvalidArgument
from sdk.globs import compile_match
from sdk.oci.reference import DEFAULT_DOMAIN

_CANONICAL = re.compile(rf"^(?:index\.)?{re.escape(DEFAULT_DOMAIN)}/(?:library/)?")


def reference_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern, to be matched against a whole familiar name. It may be of full names.

    Raises InvalidArgument with Go's words for a class that does not end, is empty or backwards, and a backslash at the end.
    """
    try:
        return compile_match(_CANONICAL.sub("", pattern))
    except ValueError as error:
        raise InvalidArgument(str(error)) from None
