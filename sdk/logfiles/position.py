"""Positions in a log, written as text of at most 64 bytes.

A file is known by the time of its first record. `first:size` is a place in a file; `first:` is the beginning of the empty file that
follows that file, or of an empty log if `first` is 0.
"""

from typing import NamedTuple

from sdk.errors import InvalidArgument


class Position(NamedTuple):
    first: int
    size: int | None

    def __str__(self) -> str:
        return f"{self.first}:{'' if self.size is None else self.size}"


def parse_position(text: str) -> Position:
    """Read a position. Raises InvalidArgument for anything that is none."""
    first, colon, size = text.partition(":")
    if not (colon and first.isdecimal() and (not size or size.isdecimal())):
        raise InvalidArgument(f"not a position in this log: {text!r}")
    return Position(int(first), int(size) if size else None)
