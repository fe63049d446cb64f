"""Output on its way to its log and to attached clients: lines, gaps, ends, and writers that never end."""

import fcntl
import logging
import os
import resource
import select
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
import pytest

from core.streams.hub import OutputHub
from core.streams.pump import PARTIAL_LIMIT, LogWriter, PumpSet, StreamPump, pieces
from core.streams.spool import Spool
from sdk.drivers.logs import ContainerLog, LogRecord, LogRequest, StdStream
from sdk.errors import InvalidArgument
from sdk.tracing import Recording, Step, is_traced


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


LONG = b"x" * PARTIAL_LIMIT


@pytest.mark.parametrize(
    ("lines", "divided"),
    [
        (b"", []),
        (b"a\nb\n", [b"a\nb\n"]),
        (b"short\n" * 50_000, [b"short\n" * 50_000]),
        (LONG[1:] + b"\n" + LONG[1:] + b"\n", [LONG[1:] + b"\n" + LONG[1:] + b"\n"]),
        (LONG + b"\n", [LONG, b"\n"]),
        (b"a\n" + LONG + LONG + b"rest\nb\n", [b"a\n", LONG, LONG, b"rest\nb\n"]),
    ],
)
def test_only_overlong_lines_are_divided(lines: bytes, divided: list[bytes]) -> None:
    assert list(pieces(lines)) == divided


class Output:
    """What a process writes, on its way: a pipe, a hub, a log, and the pump between them."""

    def __init__(self, directory: Path, *, logged: bool = True) -> None:
        self.directory = directory
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.reader, False)
        self.hub = OutputHub()
        sink = (Spool(directory / "spool"), FileLog(directory / "log")) if logged else (None, None)
        self.pump = StreamPump(self.reader, StdStream.STDOUT, self.hub, *sink)

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()

    def close_writer(self) -> None:
        with suppress(OSError):
            os.close(self.writer)

    def close(self) -> None:
        self.pump.stop()
        self.close_writer()
        os.close(self.reader)


@pytest.fixture
async def output(tmp_path: Path) -> AsyncIterator[Output]:
    made = Output(tmp_path)
    yield made
    made.close()


@pytest.mark.anyio
async def test_lines_go_to_the_log_and_the_rest_at_the_end(output: Output) -> None:
    clients = output.hub.subscribe(StdStream.STDOUT)
    output.pump.start()
    os.write(output.writer, b"one\ntwo, ")
    with anyio.fail_after(20):
        while output.pump._spool is None or bytes(output.pump._spool.pending) != b"two, ":
            await anyio.sleep(0.001)
        assert output.log == "one\n"
        os.write(output.writer, b"unfinished")
        output.close_writer()
        await output.pump.done.wait()
    output.hub.finish()
    assert output.log == "one\ntwo, unfinished"
    assert b"".join([chunk async for _, chunk in clients]) == b"one\ntwo, unfinished"


@pytest.mark.anyio
async def test_a_line_that_never_ends_is_logged_in_full_pieces(output: Output) -> None:
    os.write(output.writer, b"y" * (PARTIAL_LIMIT + 5))
    output.pump.start()
    with anyio.fail_after(20):
        while not output.pump._spool or len(output.pump._spool.pending) != 5:
            await anyio.sleep(0.001)
    assert output.log == "y" * PARTIAL_LIMIT


@pytest.mark.anyio
async def test_a_client_that_does_not_read_stops_the_reading_and_nothing_is_lost(output: Output) -> None:
    slow = output.hub.subscribe(StdStream.STDOUT)
    output.pump.start()
    produced = threading.Thread(target=_write, args=(output.writer, b"z" * 63 + b"\n", 1 << 16))
    produced.start()
    with anyio.fail_after(60):
        while not slow.congested:
            await anyio.sleep(0.001)
        await anyio.sleep(0.02)
        assert produced.is_alive(), "the process waits: more has been written than was read"
        taken = b"".join([chunk async for _, chunk in _until_finished(output, slow)])
    assert len(taken) == 4 << 20
    assert output.log == ("z" * 63 + "\n") * (1 << 16)
    produced.join()


def _write(descriptor: int, data: bytes, times: int) -> None:
    for _ in range(times):
        os.write(descriptor, data)
    os.close(descriptor)


async def _until_finished(output: Output, client: AsyncIterator[tuple[StdStream, bytes]]) -> AsyncIterator[tuple[StdStream, bytes]]:
    async with anyio.create_task_group() as tasks:

        async def finish() -> None:
            await output.pump.done.wait()
            output.hub.finish()

        tasks.start_soon(finish)
        async for item in client:
            yield item


@pytest.mark.anyio
async def test_what_is_stopped_reads_no_more_and_leaves_the_rest_in_the_pipe(output: Output) -> None:
    output.pump.start()
    output.pump.stop()
    output.pump.stop()
    os.write(output.writer, b"for the next daemon\n")
    await anyio.sleep(0.01)
    assert output.pump.done.is_set()
    assert output.log == ""
    assert os.read(output.reader, 100) == b"for the next daemon\n"


@pytest.mark.anyio
async def test_the_rest_is_taken_when_a_writer_stays(output: Output) -> None:
    """A process in the background has the pipe: its container's, or its exec's, has ended all the same."""
    closed: list[bool] = []
    pumps = PumpSet((output.pump,), output.hub, lambda: closed.append(True))
    pumps.start()
    client = output.hub.subscribe(StdStream.STDOUT)
    os.write(output.writer, b"last words")
    with anyio.fail_after(20):
        assert await pumps.drained(0.01) == 0
        assert b"".join([chunk async for _, chunk in client]) == b"last words"
    assert (output.log, closed) == ("last words", [True])


@pytest.mark.anyio
async def test_a_writer_that_never_stops_does_not_hold_the_daemon_up(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker exec c sh -c 'yes &'`: while a log takes the last lines the pipe fills again, and all of the daemon would wait for ever."""
    logged = FileLog.write

    def slowly(log: FileLog, stream: StdStream, data: bytes, time_ns: int) -> None:
        time.sleep(0.002)
        logged(log, stream, data, time_ns)

    monkeypatch.setattr(FileLog, "write", slowly)
    with subprocess.Popen(["yes"], stdout=output.writer) as endless:
        late = threading.Timer(5, endless.kill)
        late.start()
        try:
            output.close_writer()
            await anyio.to_thread.run_sync(_wait_for_output, output.reader)
            output.pump.drain()
            assert endless.poll() is None, "it ended because the writer was killed"
            assert output.pump.done.is_set()
            assert len(output.log) < 2 * fcntl.fcntl(output.reader, fcntl.F_GETPIPE_SZ), "and more than the pipe held was taken"
        finally:
            late.cancel()
            endless.kill()


def _wait_for_output(descriptor: int) -> None:
    with select.epoll() as waiting:
        waiting.register(descriptor, select.EPOLLIN)
        waiting.poll(20)


@pytest.mark.anyio
async def test_a_terminal_whose_other_side_is_gone_has_ended(tmp_path: Path) -> None:
    main, other = os.openpty()
    os.set_blocking(main, False)
    hub = OutputHub()
    pump = StreamPump(main, StdStream.STDOUT, hub)
    client = hub.subscribe(StdStream.STDOUT)
    try:
        os.write(other, b"bye")
        os.close(other)
        pump.start()
        with anyio.fail_after(20):
            await pump.done.wait()
        hub.finish()
        assert b"".join([chunk async for _, chunk in client]) == b"bye"
    finally:
        os.close(main)


@pytest.mark.anyio
async def test_a_pump_holds_nothing_of_the_request_that_starts_or_resumes_it() -> None:
    recording = Recording(1, 10)
    reader, pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    seen: list[bool] = []

    class Hub(OutputHub):
        def publish(self, stream: StdStream, chunk: bytes) -> bool:
            seen.append(is_traced())
            return True

    hub = Hub()
    pump = StreamPump(reader, StdStream.STDOUT, hub)
    try:
        with Step(recording, 0, "request", {}):
            pump.start()
        for times in (1, 2):
            os.write(pipe, b"x")
            with anyio.fail_after(10):
                while len(seen) < times:
                    await anyio.sleep(0.001)
            with Step(recording, 0, "attach", {}):
                hub.relieved()
        assert seen == [False, False]
    finally:
        pump.stop()
        for descriptor in (reader, pipe):
            os.close(descriptor)
