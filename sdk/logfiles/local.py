"""A line of the local format: F (a whole line) or P (a piece of one), the time in nanoseconds, a space, the text as it came, and o or e for
the stream."""

from collections.abc import Mapping
from typing import ClassVar

from sdk.drivers.logs import LogRecord, StdStream
from sdk.logfiles.format import LineFormat

_LETTERS = {StdStream.STDOUT: b"o", StdStream.STDERR: b"e"}
_STREAMS = {letter: stream for stream, letter in _LETTERS.items()}
_ENDS = {b"F": b"\n", b"P": b""}


class LocalLines(LineFormat):
    """Nothing is escaped: text has no newline inside, and what surrounds it has fixed places."""

    markers: ClassVar[Mapping[StdStream, bytes]] = {stream: letter + b"\n" for stream, letter in _LETTERS.items()}

    def encode(self, stream: StdStream, data: bytes, time_ns: int) -> bytes:
        whole, newline, piece = data.rpartition(b"\n")
        head, end = b"F%d " % time_ns, self.markers[stream]
        encoded = head + whole.replace(b"\n", end + head) + end if newline else b""
        return encoded + b"P%d %s%s" % (time_ns, piece, end) if piece else encoded

    def decode(self, block: bytes) -> list[LogRecord]:
        return [record for line in block.split(b"\n") if (record := _record(line)) is not None]


def _record(line: bytes) -> LogRecord | None:
    time, space, text = line[1:-1].partition(b" ")
    stream, end = _STREAMS.get(line[-1:]), _ENDS.get(line[:1])
    if stream is None or end is None or not space or not time.isdigit():
        return None
    return LogRecord(stream, int(time), text + end)
