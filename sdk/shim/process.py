"""A process with a shim, as runtimes hand it out."""

import asyncio
import fcntl
import os
import signal
import struct
import termios
import time
from dataclasses import dataclass

from sdk.drivers.runtime import ExitStatus, RunningProcess
from sdk.errors import Conflict
from sdk.linux.pidfd import send_signal
from sdk.shim.state import KILLED, StateFile
from sdk.shim.streams import Streams
from sdk.shim.supervision import Shim


@dataclass(slots=True)
class Supervised:
    """A process with its shim, as `launch` and `adopt` find it.

    `process` is a pidfd of the process, None if it is gone; `ended` a pipe that reads end of file when the exit status is stored.
    Without such a pipe (-1) the shim does not linger, and its own end tells. Without a shim the process has ended already.
    """

    state: StateFile
    streams: Streams
    shim: Shim | None = None
    process: int | None = None
    ended: int = -1

    def close(self) -> None:
        """End the shim, if there is one, and close everything."""
        if self.shim:
            self.shim.end()
        for descriptor in (self.process, self.ended):
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)
        self.streams.close()
        self.state.close()


class ShimProcess(RunningProcess):
    """Owns what it is made from. It knows of its process' end from `watch` on."""

    def __init__(self, supervised: Supervised) -> None:
        self._state = supervised.state
        self._streams = supervised.streams
        self._shim = supervised.shim
        self._process = supervised.process
        self._ended = supervised.ended
        self._pid = supervised.state.pid
        self._status: ExitStatus | None = None
        self._exited = asyncio.Event()

    def watch(self) -> None:
        """Begin to look out for the end of the process; once, on the event loop."""
        if self._shim is None:
            self._end()
        else:
            asyncio.get_running_loop().add_reader(self._signal_fd(self._shim), self._on_end)

    @property
    def pid(self) -> int:
        """The process' ID, as the daemon sees it."""
        return self._pid

    @property
    def stdout(self) -> int | None:
        return self._streams.stdout

    @property
    def stderr(self) -> int | None:
        return self._streams.stderr

    @property
    def exit_status(self) -> ExitStatus | None:
        """How the process ended, None while it has not."""
        return self._status

    def open_stdin(self) -> int | None:
        if self._streams.terminal:
            return fcntl.fcntl(self._streams.stdout, fcntl.F_DUPFD_CLOEXEC, 0) if self._streams.stdout is not None else None
        descriptor = self._streams.parking.peek() if self._streams.parking else None
        if descriptor is not None:
            os.set_blocking(descriptor, False)
        return descriptor

    def close_stdin(self) -> None:
        if self._streams.parking and not self._streams.terminal:
            self._streams.parking.clear()

    async def wait(self) -> ExitStatus:
        await self._exited.wait()
        assert self._status
        return self._status

    async def signal(self, number: int) -> None:
        if self._process is not None and self._status is None:
            send_signal(self._process, number)

    async def resize(self, rows: int, columns: int) -> None:
        if not self._streams.terminal or self._streams.stdout is None:
            raise Conflict("the process has no terminal")
        fcntl.ioctl(self._streams.stdout, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        self._streams.close()

    def _completed(self, status: ExitStatus) -> ExitStatus:
        """Add what else is known about the end; for subclasses."""
        return status

    def _begin_end_of_shim(self) -> None:
        """Kill the shim without waiting for it to be gone; idempotent."""
        if self._shim:
            self._shim.kill()

    def _end_shim(self) -> None:
        """Kill and reap the shim, and with it the only copy of unread output; blocks shortly, idempotent."""
        if self._shim:
            self._shim.end()

    def _signal_fd(self, shim: Shim) -> int:
        return self._ended if self._ended >= 0 else shim.pidfd

    def _on_end(self) -> None:
        assert self._shim
        asyncio.get_running_loop().remove_reader(self._signal_fd(self._shim))
        if self._ended >= 0:
            os.close(self._ended)
        else:
            self._shim.reap()
        self._end()

    def _end(self) -> None:
        now = time.time_ns()
        status = self._state.exit_status(now)
        if status is None and self._process is not None:
            send_signal(self._process, signal.SIGKILL)
        if self._process is not None:
            os.close(self._process)
            self._process = None
        self._state.close()
        self._status = self._completed(status or ExitStatus(KILLED, now))
        self._exited.set()
