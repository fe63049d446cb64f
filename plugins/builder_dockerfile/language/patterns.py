"""File name patterns: Go's filepath.Match, and `**` where the reference has it."""

import re
from functools import lru_cache

from plugins.builder_dockerfile.language.errors import DockerfileError


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern, to be matched against a whole relative path. Raises DockerfileError (bad pattern)."""
    return re.compile("".join(_translated(pattern)), re.DOTALL)


def is_pattern(text: str) -> bool:
    """Tell whether a name has wildcards."""
    return any(char in text for char in "*?[")


def _translated(pattern: str) -> list[str]:
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if pattern.startswith("**", position):
            position += 2
            if pattern.startswith("/", position):
                position += 1
                parts.append("(?:.*/)?")
            else:
                parts.append(".*")
            continue
        if char == "[":
            end, text = _character_class(pattern, position)
            parts.append(text)
            position = end
            continue
        if char == "\\":
            position += 1
            if position == len(pattern):
                raise DockerfileError(f"syntax error in pattern: {pattern}")
            char = pattern[position]
            parts.append(re.escape(char))
        else:
            parts.append("[^/]*" if char == "*" else "[^/]" if char == "?" else re.escape(char))
        position += 1
    return parts


def _character_class(pattern: str, start: int) -> tuple[int, str]:
    position = start + 1
    negated = pattern[position : position + 1] == "^"
    position += negated
    text = ""
    while position < len(pattern) and (pattern[position] != "]" or not text):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            position += 1
            char = pattern[position]
        text += "-" if char == "-" else re.escape(char)
        position += 1
    if position >= len(pattern) or not text:
        raise DockerfileError(f"syntax error in pattern: {pattern}")
    return position + 1, f"[{'^/' if negated else ''}{text}]"
