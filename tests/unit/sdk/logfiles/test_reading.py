"""Which records a request wants, and from where a reading of several files begins."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from sdk.drivers.logs import LogRecord, LogRequest, StdStream
from sdk.logfiles.files import LogFiles
from sdk.logfiles.format import LineFormat
from sdk.logfiles.reading import LogReader, Selection
from sdk.logfiles.rotation import Rotation
from tests.descriptors import open_descriptors

OUT, ERR = StdStream.STDOUT, StdStream.STDERR


class Plain(LineFormat):
    """Lines such as `1 out words`."""

    markers: ClassVar = {OUT: b" out ", ERR: b" err "}

    def encode(self, stream: StdStream, data: bytes, time_ns: int) -> bytes:
        raise NotImplementedError

    def decode(self, block: bytes) -> list[LogRecord]:
        fields = [line.split(b" ", 2) for line in block.splitlines()]
        return [LogRecord(OUT if stream == b"out" else ERR, int(time), text) for time, stream, text in fields]


RECORDS = [LogRecord(OUT, 1, b"a"), LogRecord(ERR, 2, b"b"), LogRecord(OUT, 3, b"c")]


@pytest.mark.parametrize(
    ("request_", "wanted", "is_over"),
    [
        (LogRequest(), [1, 2, 3], False),
        (LogRequest(stderr=False), [1, 3], False),
        (LogRequest(stdout=False), [2], False),
        (LogRequest(stdout=False, stderr=False), [], False),
        (LogRequest(since_ns=2), [2, 3], False),
        (LogRequest(since_ns=4), [], False),
        (LogRequest(until_ns=2), [1, 2], True),
        (LogRequest(until_ns=3), [1, 2, 3], False),
        (LogRequest(since_ns=2, until_ns=2, stderr=False), [], True),
    ],
)
def test_records_are_chosen_by_stream_and_time(request_: LogRequest, wanted: list[int], is_over: bool) -> None:
    selection = Selection(request_, Plain())
    assert [record.time_ns for record in selection.of(RECORDS)] == wanted
    assert selection.is_over is is_over
    assert list(selection.of([])) == []


@pytest.mark.parametrize(
    ("request_", "marker"), [(LogRequest(), b"\n"), (LogRequest(stderr=False), b" out "), (LogRequest(stdout=False), b" err ")]
)
def test_a_tail_counts_the_lines_of_the_streams_that_are_wanted(request_: LogRequest, marker: bytes) -> None:
    assert Selection(request_, Plain()).marker == marker


def read(tmp_path: Path, request: LogRequest) -> list[int]:
    files = LogFiles(tmp_path / "log", Rotation(1, 3, compress=False), Plain(), lambda work: work())
    reader = LogReader(files, Plain(), request)
    try:
        found: Sequence[Sequence[LogRecord]] = list(reader.stored())
        return [record.time_ns for records in found for record in records]
    finally:
        reader.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log.2").write_bytes(b"1 out a\n2 err b\n")
    (tmp_path / "log.1").write_bytes(b"3 out c\n4 err d\n")
    (tmp_path / "log").write_bytes(b"5 out e\n6 err f\n7 out half")
    return tmp_path


@pytest.mark.parametrize(
    ("request_", "times"),
    [
        (LogRequest(), [1, 2, 3, 4, 5, 6]),
        (LogRequest(tail=0), []),
        (LogRequest(tail=1), [6]),
        (LogRequest(tail=3), [4, 5, 6]),
        (LogRequest(tail=99), [1, 2, 3, 4, 5, 6]),
        (LogRequest(tail=2, stdout=False), [4, 6]),
        (LogRequest(tail=2, since_ns=6), [6]),
        (LogRequest(until_ns=3), [1, 2, 3]),
    ],
)
def test_files_are_read_from_the_oldest_or_from_the_tail(log: Path, request_: LogRequest, times: list[int]) -> None:
    before = len(open_descriptors())
    assert read(log, request_) == times
    assert len(open_descriptors()) == before


def test_a_file_whose_end_is_too_old_is_not_opened(log: Path) -> None:
    for name, seconds in (("log.2", 100), ("log.1", 200)):
        os.utime(log / name, ns=(seconds * 10**9, seconds * 10**9))
    (log / "log.2").write_bytes(b"this is no record of the format\n")
    os.utime(log / "log.2", ns=(100 * 10**9, 100 * 10**9))
    assert read(log, LogRequest(since_ns=150 * 10**9)) == []
