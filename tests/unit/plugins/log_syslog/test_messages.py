"""Messages as Docker's driver writes them."""

import os
import socket
import time
from collections.abc import Iterator

import pytest

from plugins.log_syslog.messages import Format, MessageMaker
from sdk.drivers.logs import StdStream
from sdk.shipping.records import Record

AT = 1_700_000_000_123_456_789
OUT = Record(StdStream.STDOUT, AT, b"hello")
HOST, PID = socket.gethostname(), os.getpid()


@pytest.fixture(params=["UTC0", "XYZ-5:30", "ABC+3"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield str(request.param)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("shape", "times", "rest"),
    [
        (Format.LOCAL, ("Nov 14 22:13:20", "Nov 15 03:43:20", "Nov 14 19:13:20"), " tag[{PID}]: hello\n"),
        (Format.RFC3164, ("Nov 14 22:13:20", "Nov 15 03:43:20", "Nov 14 19:13:20"), " {HOST} tag[{PID}]: hello\n"),
        (
            Format.RFC5424,
            ("1 2023-11-14T22:13:20Z", "1 2023-11-15T03:43:20+05:30", "1 2023-11-14T19:13:20-03:00"),
            " {HOST} tag {PID} tag - hello\n",
        ),
        (
            Format.RFC5424_MICRO,
            ("1 2023-11-14T22:13:20.123456Z", "1 2023-11-15T03:43:20.123456+05:30", "1 2023-11-14T19:13:20.123456-03:00"),
            " {HOST} tag {PID} tag - hello\n",
        ),
    ],
)
def test_formats_in_local_time(zone: str, shape: Format, times: tuple[str, str, str], rest: str) -> None:
    at = times[["UTC0", "XYZ-5:30", "ABC+3"].index(zone)]
    assert MessageMaker(shape, 3, "tag", counted=False).message(OUT).decode() == f"<30>{at}{rest.format(HOST=HOST, PID=PID)}"


def test_stderr_is_an_error_and_the_facility_counts() -> None:
    record = Record(StdStream.STDERR, AT, b"\xff bad")
    assert MessageMaker(Format.RFC5424, 16, "t", counted=False).message(record).startswith(b"<131>1 ")
    assert MessageMaker(Format.RFC3164, 0, "t", counted=False).message(record).endswith(b": \xff bad\n")


@pytest.mark.parametrize("shape", list(Format))
def test_over_tls_messages_of_rfc_5424_have_their_length_before_them(shape: Format) -> None:
    message = MessageMaker(shape, 3, "tag", counted=True).message(OUT)
    if shape in (Format.RFC5424, Format.RFC5424_MICRO):
        length, _, rest = message.partition(b" ")
        assert int(length) == len(rest)
    else:
        assert message.startswith(b"<30>")


def test_each_record_has_its_own_stream_and_time() -> None:
    maker = MessageMaker(Format.RFC5424_MICRO, 3, "t", counted=False)
    records = [
        Record(stream, AT + later * 1000, b"a")
        for later in (0, 1)
        for stream in (StdStream.STDOUT, StdStream.STDOUT, StdStream.STDERR)
    ]
    alone = [MessageMaker(Format.RFC5424_MICRO, 3, "t", counted=False).message(record) for record in records]
    assert [maker.message(record) for record in records] == alone
    assert len(set(alone)) == 4
