"""Lines of the local format."""

import pytest

from sdk.drivers.logs import LogRecord, StdStream
from sdk.logfiles.local import LocalLines

OUT, ERR = StdStream.STDOUT, StdStream.STDERR
LINES = LocalLines()


def test_a_record_is_a_line():
    assert LINES.encode(OUT, b"one\ntwo\nrest", 12) == b"F12 oneo\nF12 twoo\nP12 resto\n"
    assert LINES.encode(ERR, b"\n\n", 12) == b"F12 e\nF12 e\n"


@pytest.mark.parametrize("text", [b"\n", b"o\n", b"F1 o\n", b"a b", b"\0\xff \x80\n", b" \n"])
@pytest.mark.parametrize("stream", [OUT, ERR])
def test_any_bytes_come_back(text: bytes, stream: StdStream):
    assert LINES.decode(LINES.encode(stream, text, 7)) == [LogRecord(stream, 7, text)]


def test_a_marker_is_in_every_line_of_its_stream_once():
    block = LINES.encode(OUT, b"oe\no\n\neo", 1) + LINES.encode(ERR, b"o\n", 2)
    assert (block.count(LINES.markers[OUT]), block.count(LINES.markers[ERR])) == (4, 1)


def test_what_is_no_record_is_left_out():
    block = b"\nF1\nF1 x\n\0\0\0\nQ1 ao\nF ao\nF3 fineo\n"
    assert LINES.decode(block) == [LogRecord(OUT, 3, b"fine\n")]
    assert LINES.first_time(b"garbage\n") == 0
    assert LINES.first_time(b"F3 fineo\n") == 3
