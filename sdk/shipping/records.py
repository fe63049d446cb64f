"""What a container wrote, as records for a receiver."""

import os

from msgspec import Struct

from sdk.drivers.logs import StdStream

_ERROR, _INFORMATIONAL = 3, 6
_PIECE = 16 << 10
"""Bytes of a piece of an overlong line."""


def severity(stream: StdStream) -> int:
    """Return the severity of what is written to a stream (RFC 5424, section 6.2.1): error for stderr, informational for stdout."""
    return _ERROR if stream is StdStream.STDERR else _INFORMATIONAL


class Partial(Struct, frozen=True):
    """Which piece of an overlong line a record is: of the line `line_id` the one numbered `ordinal`, from 1."""

    line_id: str
    ordinal: int
    last: bool


class Record(Struct, frozen=True):
    """One line without its newline, or a piece of one. `time_ns` is wall-clock nanoseconds."""

    stream: StdStream
    time_ns: int
    line: bytes
    partial: Partial | None = None

    @property
    def text(self) -> str:
        """The line as text; what is not UTF-8 is replaced."""
        return self.line.decode(errors="replace")


class RecordMaker:
    """Makes the records of one container, and knows which of its streams is in the middle of an overlong line."""

    def __init__(self, *, has_pieces: bool = True) -> None:
        """`has_pieces` false: the receiver is not told which record is a piece, so none needs to be told that a line is over."""
        self._has_pieces = has_pieces
        self._unfinished: dict[StdStream, Partial] = {}

    def records(self, stream: StdStream, data: bytes, time_ns: int) -> list[Record]:
        """Return the records of what `ContainerLog.write` was given.

        Empty lines are none: receivers refuse empty messages. The last piece of a line may be empty, as what was before it must have an end.
        """
        lines = data.removesuffix(b"\n").split(b"\n")
        goes_on = len(data) == _PIECE and b"\n" not in data
        before = self._unfinished.pop(stream, None)
        if not self._has_pieces or (before is None and not goes_on):
            return [Record(stream, time_ns, line) for line in lines if line]
        partial = (
            Partial(before.line_id, before.ordinal + 1, not goes_on) if before else Partial(os.urandom(32).hex(), 1, last=False)
        )
        if goes_on:
            self._unfinished[stream] = partial
        return [Record(stream, time_ns, lines[0], partial), *(Record(stream, time_ns, line) for line in lines[1:] if line)]
