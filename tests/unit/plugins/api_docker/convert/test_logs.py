import pytest

from plugins.api_docker.convert.logs import MULTIPLEXED, RAW, frame, line_encoder, stream_type
from sdk.drivers.logs import LogRecord, StdStream

AT = 1_704_164_645 * 10**9
RECORDS = [
    LogRecord(StdStream.STDOUT, AT, b"out\n", {"b": "2", "a": "1"}),
    LogRecord(StdStream.STDERR, AT + 5, b"err\n"),
]


@pytest.mark.parametrize(
    ("version", "terminal", "kind"),
    [((1, 41), False, RAW), ((1, 42), False, MULTIPLEXED), ((1, 51), True, RAW), ((1, 24), True, RAW)],
)
def test_the_content_type_of_streams(version: tuple[int, int], terminal: bool, kind: str) -> None:
    assert stream_type(version, terminal=terminal) == kind


def test_a_frame_names_its_stream_and_length() -> None:
    assert frame(StdStream.STDERR, b"abc") == b"\x02\0\0\0\0\0\0\x03abc"


def test_lines_are_framed_unless_from_a_terminal() -> None:
    assert line_encoder(terminal=True, timestamps=False, details=False)(RECORDS) == b"out\nerr\n"
    framed = line_encoder(terminal=False, timestamps=False, details=False)(RECORDS)
    assert framed == b"\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n"


def test_timestamps_come_before_details() -> None:
    text = line_encoder(terminal=True, timestamps=True, details=True)(RECORDS)
    assert text == b"2024-01-02T03:04:05.000000000Z a=1,b=2 out\n2024-01-02T03:04:05.000000005Z  err\n"
