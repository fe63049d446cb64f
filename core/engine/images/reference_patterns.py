"""Patterns of image names, as `docker images` takes them: Go's path.Match, in which no wildcard matches a slash."""

import re
from collections.abc import Collection

from sdk.errors import InvalidArgument
from sdk.globs import compile_match
from sdk.oci.reference import DEFAULT_DOMAIN
from sdk.re2 import LONGEST

_CANONICAL = re.compile(rf"^(?:index\.)?{re.escape(DEFAULT_DOMAIN)}/(?:library/)?")
_WILD = re.compile(r"[*?\[\\]")


def reference_patterns(values: Collection[str]) -> tuple[re.Pattern[str], ...]:
    """Return the regular expressions of a filter's values.

    Raises InvalidArgument for values with wildcards that are longer than LONGEST together, as all clients wait while they are compiled, and as
    `reference_pattern` does.
    """
    if sum(len(value) for value in values if _WILD.search(value)) > LONGEST:
        raise InvalidArgument(f"invalid filter: its patterns are longer than {LONGEST} characters")
    return tuple(map(reference_pattern, values))


def reference_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern, to be matched against a whole familiar name. It may be of full names.

    Raises InvalidArgument with Go's words for a class that does not end, is empty or backwards, and a backslash at the end.
    """
    try:
        return compile_match(_CANONICAL.sub("", pattern))
    except ValueError as error:
        raise InvalidArgument(str(error)) from None
