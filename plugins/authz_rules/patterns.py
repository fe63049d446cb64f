"""Patterns of paths and of names: `*` stands for anything within one part, `**` for any parts.

They are compared with what any client sends, before it is known who that is. So a star that another one follows, which can take what is left,
stands for as little as it can and never gives back (atomic groups): else a path of dashes and a pattern such as `/a/*-*-*-*` would keep the
daemon busy for hours.
"""

import re


def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern over whole texts. A newline is a letter like any other: no path escapes a pattern by one."""
    first, *others = re.split(r"\*{2,}", pattern)
    settled = [f"(?>{_found(segment, '.*?', '(?:.*?/)??')})" for segment in others[:-1]]
    last = [_found(segment, ".*", "(?:.*/)?") for segment in others[-1:]]
    return re.compile("".join([_parts(first), *settled, *last]), re.DOTALL)


def _found(segment: str, anything: str, parts: str) -> str:
    """Return the expression of what stands after a `**`. Where its first part has a star, it is looked for once in each part of the text, not
    from each letter on: `**a*b` is `**/*a*b`, or that without anything before it."""
    return f"{parts}{_parts('*' + segment)}" if "*" in segment.partition("/")[0] else f"{anything}{_parts(segment)}"


def _parts(segment: str) -> str:
    """Return the expression of what stands between two `**`."""
    return "/".join(_part(part) for part in segment.split("/"))


def _part(part: str) -> str:
    first, *others = map(re.escape, part.split("*"))
    settled = [f"(?>[^/]*?{text})" for text in others[:-1]]
    last = [f"[^/]*?{others[-1]}"] if others else []
    return "".join([first, *settled, *last])
