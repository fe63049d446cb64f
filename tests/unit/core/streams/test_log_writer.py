"""What a log does not take is dropped, and told by the log itself as soon as it takes something again."""

import logging
import os
import resource
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.streams.pump import LogWriter
from core.streams.spool import Spool
from sdk.drivers.logs import ContainerLog, LogRecord, LogRequest, StdStream
from sdk.errors import InvalidArgument


class FileLog(ContainerLog):
    """Lines as they are, in one file."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)

    path = None

    def write(self, stream: StdStream, data: bytes, time_ns: int) -> None:
        os.write(self.file, data)

    def position(self) -> str:
        return str(os.fstat(self.file).st_size)

    def rewind(self, position: str) -> None:
        if not position.isdecimal():
            raise InvalidArgument(f"not a position in this log: {position!r}")
        os.ftruncate(self.file, int(position))

    def read(self, request: LogRequest) -> AsyncIterator[Sequence[LogRecord]]:
        raise NotImplementedError

    def close(self) -> None:
        os.close(self.file)

    def remove(self) -> None:
        raise NotImplementedError


class Stage:
    """A pipe, a spool and a log in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.reader, self.pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.reopen()

    def reopen(self) -> None:
        """What the next daemon does."""
        self.spool = Spool(self.directory / "spool")
        self.writer = LogWriter(StdStream.STDOUT, self.spool, FileLog(self.directory / "log"))

    def say(self, text: str) -> None:
        os.write(self.pipe, text.encode())
        self.spool.fill(self.reader)
        self.writer.write_lines()

    def logged(self) -> list[str]:
        return (self.directory / "log").read_text().splitlines()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    os.close(made.reader)
    os.close(made.pipe)


@contextmanager
def no_room(size: int) -> Iterator[None]:
    """Have the kernel refuse every write beyond so many bytes of a file (EFBIG), as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_gap_is_told_where_it_is(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.say("one\n")
    with no_room(4), caplog.at_level(logging.INFO):
        for _ in range(200):
            stage.say("lost\n")
    stage.say("two\n")
    stage.say("three\n")
    gap = "[core] 1000 bytes of output are missing here: they could not be logged"
    assert stage.logged() == ["one", gap, "two", "three"]
    assert [record.getMessage() for record in caplog.records] == [
        "container output cannot be logged and is dropped: [Errno 27] File too large"
    ]


def test_a_gap_is_told_by_the_next_daemon(stage: Stage) -> None:
    with no_room(0):
        stage.say("lost\n")
    stage.reopen()
    stage.writer.recover()
    stage.say("two\n")
    assert stage.logged() == ["[core] 5 bytes of output are missing here: they could not be logged", "two"]


def test_what_no_log_tells_of_is_counted(stage: Stage) -> None:
    with no_room(0):
        stage.say("lost\n")
        assert stage.writer.missing == 5
    stage.say("two\n")
    assert stage.writer.missing == 0


def test_a_position_that_cannot_be_found_again_is_told_and_the_log_goes_on(stage: Stage) -> None:
    os.write(stage.pipe, b"one\n")
    stage.spool.fill(stage.reader)
    stage.spool.begin_write("nowhere")
    stage.reopen()
    stage.writer.recover()
    stage.say("two\n")
    doubt = "[core] output may be missing or twice here: not a position in this log: 'nowhere'"
    assert stage.logged() == [doubt, "one", "two"]


def test_a_damaged_spool_is_told_and_the_log_goes_on(stage: Stage) -> None:
    (stage.directory / "spool").write_bytes(b"\xff" * 4096)
    stage.reopen()
    stage.writer.recover()
    stage.say("two\n")
    assert stage.logged() == ["[core] output may be missing or twice here: the spool of its output is damaged", "two"]
