"""Lines of a log, whatever became of them."""

import pytest

from plugins.log_jsonfile.decoding import decode, parse_time
from sdk.drivers.logs import LogRecord, StdStream

GOOD = b'{"log":"a\\n","stream":"stdout","time":"2025-01-02T03:04:05.000000006Z"}\n'
RECORD = LogRecord(StdStream.STDOUT, 1_735_787_045_000_000_006, b"a\n", {})


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\n",
        b'{"log":"cut',
        b"\0\0\0\0",
        b'{"log":"\xff","stream":"stdout","time":""}',
        b'{"log":5}',
        b'{"x":' + b"[" * 20_000,
        b'{"log":"a","stream":"stdlog","time":""}',
        b"null",
    ],
)
def test_a_damaged_line_is_left_out_and_its_neighbours_are_not(damage: bytes) -> None:
    """Bytes that are not UTF-8, as after a power failure, made the whole log unreadable."""
    assert decode(GOOD + damage + b"\n" + GOOD) == [RECORD, RECORD]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("2025-01-02T03:04:05Z", 1_735_787_045_000_000_000),
        ("2025-01-02T03:04:05.5Z", 1_735_787_045_500_000_000),
        ("2025-01-02T03:04:05.1234567891Z", 1_735_787_045_123_456_789),
        ("1970-01-01T00:00:00Z", 0),
        ("", 0),
        ("yesterday", 0),
        ("2025-13-02T03:04:05Z", 0),
        ("2025-01-02T03:04:05.xZ", 0),
        ("2025-01-02T03:04:05+01:00", 0),
    ],
)
def test_a_time_is_in_nanoseconds(text: str, nanoseconds: int) -> None:
    assert parse_time(text) == nanoseconds
