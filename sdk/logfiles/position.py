"""Positions in a log, written as text of at most 64 bytes.

A file is known by the time of its first record. `first:size` is a place in a file; `first:` is the beginning of the empty file that
follows that file, or of an empty log if `first` is 0.
"""

import re
from typing import NamedTuple

from sdk.errors import InvalidArgument
from sdk.text import cleaned

_POSITION = re.compile(r"([0-9]{1,20}):([0-9]{1,20})?")


class Position(NamedTuple):
    """`size` bytes into the file whose first record is of the time `first` (nanoseconds); None is the beginning of the empty file after it."""

    first: int
    size: int | None

    def __str__(self) -> str:
        return f"{self.first}:{'' if self.size is None else self.size}"


def parse_position(text: str) -> Position:
    """Read a position. Raises InvalidArgument for anything that is none."""
    match = _POSITION.fullmatch(text)
    if match is None:
        raise InvalidArgument(f"not a position in this log: {cleaned(text)!r}")
    return Position(int(match[1]), int(match[2]) if match[2] else None)
