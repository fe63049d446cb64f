"""The pump: carries one stream of a process to its log and to attached clients, on the event loop's readiness callbacks."""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator

import anyio

from core.streams.hub import OutputHub
from core.streams.spool import READ_LIMIT, Spool
from sdk.drivers.logs import ContainerLog, StdStream
from sdk.tracing import apart

PARTIAL_LIMIT = 16 << 10
"""A line longer than this is logged in pieces of this size, as Docker does."""

_SILENCE = 60.0
"""Seconds for which the daemon's log says nothing more of a container's log that fails."""

_log = logging.getLogger(__name__)


class LogWriter:
    """Moves whole lines from a spool to a log, so that a crash in between neither loses nor doubles one.

    What the log does not take, as on a full disk, is dropped: the container must not be held up. The log tells of it as soon as it
    takes something again.
    """

    def __init__(self, stream: StdStream, spool: Spool, log: ContainerLog) -> None:
        self._stream = stream
        self._spool = spool
        self._log = log
        self._doubt = ""
        self._complained = -_SILENCE

    @property
    def missing(self) -> int:
        """How many bytes the log could not take and does not tell of."""
        return self._spool.missing

    def recover(self) -> None:
        """Finish what an earlier daemon left in the spool. Where that cannot be done, the log says so and goes on from here."""
        try:
            position = self._spool.recover()
            if position is not None:
                self._log.rewind(position)
        except Exception as error:  # noqa: BLE001 a third party's log may raise anything, and the container is to be followed
            _log.exception("container output may be missing or logged twice")
            self._doubt = f"output may be missing or twice here: {error}"
        self.write_lines()

    def write_lines(self) -> None:
        """Write the pending whole lines; of an unfinished line only full pieces."""
        pending = bytes(self._spool.pending)
        complete = pending.rfind(b"\n") + 1
        for piece in pieces(pending[:complete]):
            self._write(piece)
        rest = len(pending) - complete
        for offset in range(complete, complete + rest - rest % PARTIAL_LIMIT, PARTIAL_LIMIT):
            self._write(pending[offset : offset + PARTIAL_LIMIT])

    def write_rest(self) -> None:
        """Write what is left when the stream has ended without a newline."""
        pending = bytes(self._spool.pending)
        if pending:
            self._write(pending)

    def _write(self, data: bytes) -> None:
        missing = self._spool.missing
        try:
            self._spool.begin_write(self._log.position())
            if note := self._note():
                self._log.write(self._stream, note, time.time_ns())
                missing, self._doubt = 0, ""
            self._log.write(self._stream, data, time.time_ns())
        except Exception as error:  # noqa: BLE001 a third party's log may raise anything, and the next lines are to be read
            self._complain(error)
            missing += len(data)
        self._spool.missing = missing
        self._spool.end_write(len(data))

    def _note(self) -> bytes:
        """Return the line that tells of what is not in the log."""
        missing = self._spool.missing
        problem = f"{missing} bytes of output are missing here: they could not be logged" if missing else self._doubt
        return f"[core] {problem}\n".encode() if problem else b""

    def _complain(self, error: Exception) -> None:
        """Say in the daemon's log, but not for every line, that output is lost."""
        now = time.monotonic()
        if now - self._complained >= _SILENCE:
            self._complained = now
            _log.error("container output cannot be logged and is dropped: %s", error)


def pieces(lines: bytes) -> Iterator[bytes]:
    """Divide whole lines for the log: as much as possible at once, but overlong lines in pieces of PARTIAL_LIMIT by themselves."""
    start = position = 0
    while len(lines) - position > PARTIAL_LIMIT:
        end = lines.rfind(b"\n", position, position + PARTIAL_LIMIT) + 1
        if end:
            position = end
            continue
        if start < position:
            yield lines[start:position]
        start = position + PARTIAL_LIMIT
        yield lines[position:start]
        position = start
    if lines:
        yield lines[start:]


def _capacity(descriptor: int) -> int:
    """Return how many bytes a pipe can hold (pipe(7)); of a terminal more than its buffer has."""
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ)
    except OSError:
        return READ_LIMIT


class StreamPump:
    """Reads one descriptor until its end. `done` is set then; the descriptor stays open and is its owner's."""

    def __init__(
        self, descriptor: int, stream: StdStream, hub: OutputHub, spool: Spool | None = None, log: ContainerLog | None = None
    ) -> None:
        self.done = anyio.Event()
        self._descriptor = descriptor
        self._stream = stream
        self._hub = hub
        self._spool = spool
        self._writer = LogWriter(stream, spool, log) if spool is not None and log is not None else None
        self._loop = asyncio.get_running_loop()
        self._reading = False

    @property
    def missing(self) -> int:
        """How many bytes of output are in no log, and no log tells of it."""
        return self._writer.missing if self._writer is not None else 0

    def start(self) -> None:
        """Settle what an earlier pump left, then read whenever there is something."""
        if self._writer is not None:
            self._writer.recover()
        self._resume()

    def stop(self) -> None:
        """Read no more; idempotent. What was read and not logged stays in the spool."""
        self._pause()
        self.done.set()

    def drain(self) -> None:
        """Take what the descriptor holds now without waiting, then end: for processes whose pipe another one keeps open, and may go on to
        fill for ever."""
        left = _capacity(self._descriptor)
        while left > 0 and not self.done.is_set() and (size := self._read()):
            left -= size
        self._end()

    def _resume(self) -> None:
        if not self._reading and not self.done.is_set():
            self._reading = True
            with apart():  # the callback keeps the context it is given: a pump outlives the request that starts or resumes it
                self._loop.add_reader(self._descriptor, self._on_readable)

    def _pause(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._descriptor)

    def _on_readable(self) -> None:
        self._read()

    def _read(self) -> int:
        """Read once; return how many bytes came, 0 if there is nothing now or any more."""
        try:
            chunk = self._take()
        except BlockingIOError:
            return 0
        except OSError as error:
            _log.warning("reading container output: %s", error)
            chunk = b""
        if not chunk:
            self._end()
            return 0
        if self._writer is not None:
            self._writer.write_lines()
        if self._hub.publish(self._stream, chunk):
            self._pause()
            self._hub.once_relieved(self._resume)
        return len(chunk)

    def _take(self) -> bytes:
        if self._writer is not None and self._spool is not None:
            return self._spool.fill(self._descriptor)
        try:
            return os.read(self._descriptor, READ_LIMIT)
        except OSError as error:
            if error.errno == 5:  # EIO: the other side of a terminal is gone
                return b""
            raise

    def _end(self) -> None:
        if self.done.is_set():
            return
        self._pause()
        if self._writer is not None:
            self._writer.write_rest()
        self.done.set()


class PumpSet:
    """The pumps of one process, and their common end."""

    def __init__(self, pumps: tuple[StreamPump, ...], hub: OutputHub, on_close: Callable[[], None] = lambda: None) -> None:
        self._pumps = pumps
        self._hub = hub
        self._on_close = on_close

    def start(self) -> None:
        for pump in self._pumps:
            pump.start()

    async def drained(self, patience: float) -> int:
        """Take the rest of all output as `rest` does, then let attached clients see its end."""
        missing = await self.rest(patience)
        self._hub.finish()
        return missing

    async def rest(self, patience: float) -> int:
        """Wait for the end of all output, at most `patience` seconds after the process ended; then take what is there and go on.

        Return how many bytes of it are in no log without the log's telling. Attached clients wait on until the hub is finished.
        """
        with anyio.move_on_after(patience):
            for pump in self._pumps:
                await pump.done.wait()
        for pump in self._pumps:
            pump.drain()
        missing = sum(pump.missing for pump in self._pumps)
        self._on_close()
        return missing

    def stop(self) -> None:
        """Stop reading without an end: the daemon goes, the process stays."""
        for pump in self._pumps:
            pump.stop()
        self._on_close()
