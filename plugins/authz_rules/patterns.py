"""Patterns of paths and of names: `*` stands for anything within one part, `**` for any parts."""

import re


def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern over whole texts. A newline is a letter like any other: no path escapes a pattern by one."""
    return re.compile("".join(_translated(part) for part in re.split(r"(\*+)", pattern)), re.DOTALL)


def _translated(part: str) -> str:
    if part.startswith("**"):
        return ".*"
    return "[^/]*" if part == "*" else re.escape(part)
