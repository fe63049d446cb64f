"""Shell patterns inside `${...}`: `*` and `?`, matched against a variable's value.

A pattern is taken apart into what stands between its stars. All but the last of these stand for their first occurrence, for a star follows
that can take what is left: so a value is read once or twice, however many stars there are.
"""

import re
from functools import lru_cache

_Runs = tuple[tuple[str, ...], ...]


def strip_pattern(value: str, pattern: str, *, prefix: bool, longest: bool) -> str:
    """Return a value without the shortest (or longest) beginning, or end, that matches a pattern."""
    runs = _runs(pattern)
    if prefix:
        match = _compiled(runs, longest).match(value)
        return value[match.end() :] if match else value
    mirrored = tuple(run[::-1] for run in runs[::-1])
    match = _compiled(mirrored, longest).match(value[::-1])
    return value[: len(value) - match.end()] if match else value


def replace_pattern(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """Return a value whose first match (or every one) is replaced, each as long as it can be."""
    if not pattern:
        return value
    first, *others = _runs(pattern)
    begin, rest = re.compile("".join(first), re.DOTALL), _compiled(((), *others), longest=True)
    done, position = [], 0
    while found := begin.search(value, position):
        end = rest.match(value, found.end())
        if end is None:
            break  # what is missing after this beginning is missing after the next one too
        done += [value[position : found.start()], replacement]
        position = end.end()
        if not everywhere or position == len(value):
            break
    return "".join([*done, value[position:]])


def _runs(pattern: str) -> _Runs:
    """Return the expressions of the characters between the stars."""
    runs: list[list[str]] = [[]]
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            position += 1
            runs[-1].append(re.escape(pattern[position]))
        elif char == "*":
            runs.append([])
        else:
            runs[-1].append("." if char == "?" else re.escape(char))
        position += 1
    return tuple(map(tuple, runs))


@lru_cache(maxsize=256)
def _compiled(runs: _Runs, longest: bool) -> re.Pattern[str]:
    """Return what matches at a place, as long or as short as it can."""
    first, *others = ("".join(run) for run in runs)
    settled = [f"(?>.*?{run})" for run in others[:-1]]
    last = [f"{'.*' if longest else '.*?'}{others[-1]}"] if others else []
    return re.compile("".join([first, *settled, *last]), re.DOTALL)
