"""Patterns of names and paths, in which `*` stands for anything within one part of a path.

They are compared on the event loop with what clients choose. So the regular expressions take time that is linear in a part for each star: a star
that another one follows, which can take what is left, stands for as little as it can and never gives back (atomic groups). Else a name of
dashes and a pattern such as `*-*-*-*-*` would keep the daemon busy for hours.
"""

import re
from collections.abc import Iterator, Sequence

STAR = "*"
"""What `next_token` returns for a star, which is no regular expression: see `starred`."""


def compile_glob(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern in which `*` stands for anything within one part and `**` for any parts.

    It is to be matched against a whole text. A newline is a letter like any other: no path escapes a pattern by one.
    """
    first, *others = re.split(r"\*{2,}", pattern)
    settled = [f"(?>{_found(segment, '.*?', '(?:.*?/)??')})" for segment in others[:-1]]
    last = [_found(segment, ".*", "(?:.*/)?") for segment in others[-1:]]
    return re.compile("".join([_parts(first), *settled, *last]), re.DOTALL)


def compile_match(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern of Go's path.Match whose classes match no slash, to be matched against a whole text.

    Raises ValueError with Go's words for a class that does not end, is empty or backwards, and a backslash at the end.
    """
    runs = [""]
    for token in _tokens(pattern):
        if token == STAR:
            runs.append("")
        else:
            runs[-1] += token
    return re.compile(starred(runs), re.DOTALL)


def next_token(pattern: str, position: int, *, slash_in_classes: bool = False) -> tuple[str, int]:
    """Return the regular expression of what begins at a position of a pattern of Go's path.Match, or STAR, and where the next begins.

    With `slash_in_classes` a class that names a slash, or has it in a range, matches one; a negated class never does. Raises ValueError as
    `compile_match` does.
    """
    char = pattern[position]
    if char == "[":
        return _class(pattern, position, slash_in_classes=slash_in_classes)
    if char in "*?":
        return STAR if char == "*" else "[^/]", position + 1
    char, position = _character(pattern, position)
    return re.escape(char), position


def starred(runs: Sequence[str]) -> str:
    """Return the regular expression of what stands between the stars of a pattern (one run more than there are stars), joined by them."""
    first, *others = runs
    settled = [f"(?>[^/]*?{run})" for run in others[:-1]]
    last = [f"[^/]*?{run}" for run in others[-1:]]
    return "".join([first, *settled, *last])


def _found(segment: str, anything: str, parts: str) -> str:
    """Return the expression of what stands after a `**`. Where its first part has a star, it is looked for once in each part of the text, not
    from each letter on: `**a*b` is `**/*a*b`, or that without anything before it."""
    return f"{parts}{_parts('*' + segment)}" if "*" in segment.partition("/")[0] else f"{anything}{_parts(segment)}"


def _parts(segment: str) -> str:
    """Return the expression of what stands between two `**`."""
    return "/".join(starred([*map(re.escape, part.split("*"))]) for part in segment.split("/"))


def _tokens(pattern: str) -> Iterator[str]:
    position = 0
    while position < len(pattern):
        token, position = next_token(pattern, position)
        yield token


def _class(pattern: str, start: int, *, slash_in_classes: bool) -> tuple[str, int]:
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
    if negated:
        return f"[^/{ranges}]", position + 1
    return f"[{ranges}]" if slash_in_classes else f"(?!/)[{ranges}]", position + 1


def _member(pattern: str, position: int) -> tuple[str, int]:
    """Return a character of a class; a dash and a closing bracket have to be escaped there."""
    if pattern[position : position + 1] in ("", "-", "]"):
        raise _bad()
    return _character(pattern, position)


def _character(pattern: str, position: int) -> tuple[str, int]:
    position += pattern[position] == "\\"
    if position == len(pattern):
        raise _bad()
    return pattern[position], position + 1


def _bad() -> ValueError:
    return ValueError("syntax error in pattern")
