"""Patterns of image names, as `docker images` takes them: Go's path.Match, in which no wildcard matches a slash.

The regular expressions take time that is linear in a name for each star: a star that another one follows never gives back what it took
(atomic groups), since the one that follows can take it.
"""

import re

from sdk.errors import InvalidArgument
from sdk.oci.reference import DEFAULT_DOMAIN

_CANONICAL = re.compile(rf"^(?:index\.)?{re.escape(DEFAULT_DOMAIN)}/(?:library/)?")


def reference_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern, to be matched against a whole familiar name. It may be of full names.

    Raises InvalidArgument with Go's words for a class that does not end, is empty or backwards, and a backslash at the end.
    """
    pattern = _CANONICAL.sub("", pattern)
    parts, position = [""], 0
    while position < len(pattern):
        if pattern[position] == "*":
            parts.append("")
            position += 1
        else:
            token, position = _token(pattern, position)
            parts[-1] += token
    first, *middle = parts
    last = f"[^/]*{middle.pop()}" if middle else ""
    return re.compile(first + "".join(f"(?>[^/]*?{part})" for part in middle) + last, re.DOTALL)


def _token(pattern: str, position: int) -> tuple[str, int]:
    """Return the expression of what begins at a position and is no star, and where the next begins."""
    if pattern[position] == "?":
        return "[^/]", position + 1
    if pattern[position] == "[":
        return _class(pattern, position)
    char, position = _character(pattern, position)
    return re.escape(char), position


def _class(pattern: str, start: int) -> tuple[str, int]:
    negated = pattern.startswith("^", start + 1)
    position, ranges = start + 1 + negated, ""
    while not ranges or not pattern.startswith("]", position):
        first, position = _member(pattern, position)
        last = first
        if pattern.startswith("-", position):
            last, position = _member(pattern, position + 1)
        if first > last:
            raise _bad()
        ranges += f"{re.escape(first)}-{re.escape(last)}"
    return f"(?!/)[{'^' if negated else ''}{ranges}]", position + 1


def _member(pattern: str, position: int) -> tuple[str, int]:
    """Return a character of a class; a dash and a closing bracket have to be escaped there."""
    if pattern[position : position + 1] in ("", "-", "]"):
        raise _bad()
    return _character(pattern, position)


def _character(pattern: str, position: int) -> tuple[str, int]:
    if pattern[position] == "\\":
        position += 1
        if position == len(pattern):
            raise _bad()
    return pattern[position], position + 1


def _bad() -> InvalidArgument:
    return InvalidArgument("syntax error in pattern")
