"""Docker's json-file format back to records, a block of whole lines at a time."""

from calendar import timegm
from collections.abc import Sequence
from functools import lru_cache
from time import strptime

import msgspec

from sdk.drivers.logs import LogRecord, StdStream
from sdk.text import UNREADABLE

_STREAMS = {stream.name.lower(): stream for stream in StdStream}


class _Line(msgspec.Struct):
    log: str = ""
    stream: str = ""
    time: str = ""
    attrs: dict[str, str] = {}


_decoder = msgspec.json.Decoder(_Line)


def decode(block: bytes) -> list[LogRecord]:
    """Return the records of a block of whole lines. Lines that are no records, as after a power failure, are left out."""
    try:
        lines: Sequence[_Line] = _decoder.decode_lines(block)
    except UNREADABLE:
        lines = _readable(block)
    return [
        LogRecord(_STREAMS[line.stream], parse_time(line.time), line.log.encode(), line.attrs)
        for line in lines
        if line.stream in _STREAMS
    ]


def _readable(block: bytes) -> list[_Line]:
    lines = []
    for line in block.split(b"\n"):
        try:
            lines.append(_decoder.decode(line))
        except UNREADABLE:
            continue
    return lines


def parse_time(text: str) -> int:
    """Return an RFC3339Nano time in UTC as nanoseconds, 0 if it is none."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    try:
        return _seconds(seconds) + int(f"{fraction:0<9.9}")
    except ValueError:
        return 0


@lru_cache(maxsize=64)
def _seconds(text: str) -> int:
    return timegm(strptime(text, "%Y-%m-%dT%H:%M:%S")) * 10**9
