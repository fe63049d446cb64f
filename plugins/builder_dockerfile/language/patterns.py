"""File name patterns: Go's filepath.Match, and `**` where the reference has it.

The regular expressions take time that is linear in a component of a path, whatever the pattern: as a star that another one follows in its
component, a `**/` that another one follows never gives back what it took (an atomic group), since the one that follows can take it.
"""

import re
from functools import lru_cache
from itertools import pairwise

from plugins.builder_dockerfile.language.errors import DockerfileError
from sdk.globs import STAR, next_token, starred

_SLASH, _DEEP, _REST = "/", "(?:.*/)?", ".*"
_MOST_LOOSE = 2
"""`**` in the middle of a component: these may have to be tried in every combination."""


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str, *, deep: bool = True) -> re.Pattern[str]:
    """Return the regular expression of a pattern, to be matched against a whole relative path. Raises DockerfileError (bad pattern).

    With `deep` a `**` at the end is anything, and before that any number of directories, none among them; else it is a plain `*`.
    """
    try:
        tokens = _tokens(pattern, deep=deep)
    except ValueError as error:
        raise DockerfileError(f"{error}: {pattern}") from None
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
        token, position = next_token(pattern, position, slash_in_classes=True)
        tokens.append(token)
    return tokens


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
    return starred(["".join(run) for run in _split(tokens, STAR)])


def _split(tokens: list[str], at: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token == at:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
