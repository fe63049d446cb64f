"""Lists of numbers as the kernel writes them (cpuset(7), "List format"): `0-3,7`."""

import re
from collections.abc import Iterable

LARGEST = 8192
"""The largest number a client may name: a range is counted out, and no client may have the daemon count to the end of 64 bits."""

_PART = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", re.ASCII)


def parse_list(text: str, largest: int = LARGEST) -> frozenset[int]:
    """Return the numbers of a list; none for "". Raises ValueError, also for a number above `largest`."""
    numbers: set[int] = set()
    for part in text.split(",") if text else ():
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"invalid format: {text}")
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        if last < first or last > largest:
            raise ValueError(f"value of out range, maximum is {largest}" if last > largest else f"invalid format: {text}")
        numbers.update(range(first, last + 1))
    return frozenset(numbers)


def format_list(numbers: Iterable[int]) -> str:
    """Return numbers as such a list, in which neighbours are a range."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
