"""File name patterns: Go's filepath.Match, and `**` where the reference has it.

The regular expressions take time that is linear in a component of a path, whatever the pattern: a star that another one follows in its
component, and a `**/` that another one follows, never give back what they took (atomic groups), since the one that follows can take it.
"""

import re
from functools import lru_cache
from itertools import pairwise

from plugins.builder_dockerfile.language.errors import DockerfileError

_STAR, _SLASH, _DEEP, _REST = "[^/]*", "/", "(?:.*/)?", ".*"
_MOST_LOOSE = 2
"""`**` in the middle of a component: these may have to be tried in every combination."""


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str, *, deep: bool = True) -> re.Pattern[str]:
    """Return the regular expression of a pattern, to be matched against a whole relative path. Raises DockerfileError (bad pattern).

    With `deep` a `**` at the end is anything, and before that any number of directories, none among them; else it is a plain `*`.
    """
    tokens = _tokens(pattern, deep=deep)
    loose = sum(token == _DEEP and before != _SLASH for before, token in pairwise(tokens))
    if loose > _MOST_LOOSE:
        raise DockerfileError(f"syntax error in pattern: {pattern}: ** stands inside of a name more than {_MOST_LOOSE} times")
    return re.compile(_joined(tokens), re.DOTALL)


def is_pattern(text: str) -> bool:
    """Tell whether a name has wildcards."""
    return any(char in text for char in "*?[")


def _tokens(pattern: str, *, deep: bool) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(pattern):
        if deep and pattern.startswith("**", position):
            position += 3 if pattern.startswith("/", position + 2) else 2
            if position == len(pattern):
                tokens.append(_REST)
            elif tokens[-1:] != [_DEEP]:
                tokens.append(_DEEP)
            continue
        token, position = _token(pattern, position)
        tokens.append(token)
    return tokens


def _token(pattern: str, position: int) -> tuple[str, int]:
    """Return the expression of what begins at a position, and where the next begins."""
    char = pattern[position]
    if char == "[":
        return _character_class(pattern, position)
    if char in "*?":
        return _STAR if char == "*" else "[^/]", position + 1
    char, position = _character(pattern, position)
    return re.escape(char), position


def _character_class(pattern: str, start: int) -> tuple[str, int]:
    negated = pattern.startswith("^", start + 1)
    position = start + 1 + negated
    ranges: list[str] = []
    while not ranges or not pattern.startswith("]", position):
        first, position = _member(pattern, position)
        last = first
        if pattern.startswith("-", position):
            last, position = _member(pattern, position + 1)
        if first > last:
            raise _bad(pattern)
        ranges.append(f"{re.escape(first)}-{re.escape(last)}")
    return f"[{'^/' if negated else ''}{''.join(ranges)}]", position + 1


def _member(pattern: str, position: int) -> tuple[str, int]:
    """Return a character of a class; a dash and a closing bracket have to be escaped there."""
    if pattern[position : position + 1] in ("", "-", "]"):
        raise _bad(pattern)
    return _character(pattern, position)


def _character(pattern: str, position: int) -> tuple[str, int]:
    position += pattern[position] == "\\"
    if position == len(pattern):
        raise _bad(pattern)
    return pattern[position], position + 1


def _bad(pattern: str) -> DockerfileError:
    return DockerfileError(f"syntax error in pattern: {pattern}")


def _joined(tokens: list[str]) -> str:
    """Return the whole expression. Only before a `**/` that stands at the beginning of a component the first match is as good as any."""
    first, *others = _split(tokens, _DEEP)
    parts = [_segment(first)]
    for number, segment in enumerate(others, 1):
        is_settled = number < len(others) and segment[-1:] == [_SLASH]
        parts.append(f"(?>(?:.*?/)??{_segment(segment)})" if is_settled else f"{_DEEP}{_segment(segment)}")
    return "".join(parts)


def _segment(tokens: list[str]) -> str:
    """Return the expression of what stands between two `**`."""
    return _SLASH.join(_component(component) for component in _split(tokens, _SLASH))


def _component(tokens: list[str]) -> str:
    first, *others = _split(tokens, _STAR)
    settled = [f"(?>[^/]*?{''.join(run)})" for run in others[:-1]]
    return "".join([*first, *settled, *(("[^/]*", *others[-1]) if others else ())])


def _split(tokens: list[str], at: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token == at:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
