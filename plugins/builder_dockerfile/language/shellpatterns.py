"""Shell patterns inside `${...}`: `*` and `?`, matched against a variable's value."""

import re


def _regex(pattern: str, *, greedy: bool) -> str:
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            position += 1
            parts.append(re.escape(pattern[position]))
        elif char == "*":
            parts.append(".*" if greedy else ".*?")
        else:
            parts.append("." if char == "?" else re.escape(char))
        position += 1
    return "".join(parts)


def strip_pattern(value: str, pattern: str, *, prefix: bool, longest: bool) -> str:
    """Return a value without the shortest (or longest) beginning, or end, that matches a pattern."""
    body = re.compile(_regex(pattern, greedy=True), re.DOTALL)
    lengths = range(len(value), -1, -1) if longest else range(len(value) + 1)
    for length in lengths:
        part = value[:length] if prefix else value[len(value) - length :]
        if body.fullmatch(part):
            return value[length:] if prefix else value[: len(value) - length]
    return value


def replace_pattern(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """Return a value whose first match (or every one) is replaced."""
    if not pattern:
        return value
    return re.sub(_regex(pattern, greedy=True), lambda _match: replacement, value, count=0 if everywhere else 1, flags=re.DOTALL)
