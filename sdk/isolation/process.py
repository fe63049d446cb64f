"""The process of an isolated driver as the daemon has it: begun, heard, watched and ended."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress

import anyio

from sdk.isolation.calling import Caller, Ears
from sdk.text import cleaned

_SERVICE_MANAGERS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")
"""What is said to the daemon alone."""

_LONGEST_LINE = 4096
_CLOSING_SECONDS = 5.0
_TERMINATING_SECONDS = 1.0
_KILLED_SECONDS = 5.0
_DRAINING_SECONDS = 0.5

_SIGNALS = {number.value: number.name for number in signal.Signals}
"""Of the real-time signals the first and the last have names."""

_log = logging.getLogger(__name__)


class PluginProcess:
    """A process that has begun. Lives on the event loop; `begin` must be called in the main thread, as the process ends with that."""

    def __init__(self, caller: Caller, program: "subprocess.Popen[bytes]", output: "_Lines") -> None:
        self.caller = caller
        self.pid = program.pid
        self._program = program
        self._output = output
        self._exited = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._pidfd = os.pidfd_open(program.pid)
        self._loop.add_reader(self._pidfd, self._reap)

    @classmethod
    async def begin(cls, plugin: str, subject: str, ears: Ears, said: Callable[[str], None]) -> "PluginProcess":
        """Begin a process for a driver. `said` gets each line of its standard output and error. Raises OSError; nothing is left then."""
        lines = _Lines(said)
        with ExitStack() as undo:
            ours, theirs = socket.socketpair()
            undo.enter_context(ours)
            with theirs:
                read, write = os.pipe()
                output = undo.enter_context(open(read, "rb", buffering=0))
                with open(write, "wb", buffering=0) as their_output:
                    program = _program(plugin, theirs.fileno(), their_output.fileno())
            undo.callback(_undo, program)
            process = cls(Caller(subject, ears), program, lines)
            await process.caller.channel.open(ours)
            await asyncio.get_running_loop().connect_read_pipe(lambda: lines, output)
            undo.pop_all()  # the transports close them
        return process

    async def ended(self) -> str:
        """Wait until the process has ended, or its connection, which ends it; return how, with the last line that it said."""
        await self.caller.gone.wait()
        with anyio.move_on_after(_TERMINATING_SECONDS):
            await self._exited.wait()
        if not self._exited.is_set():
            await self.kill()
        with anyio.move_on_after(_DRAINING_SECONDS):
            await self._output.ended.wait()
        return self._how()

    async def close(self) -> None:
        """Have the driver closed and wait for the end of the process, which is killed if it takes too long."""
        self.caller.close()
        with anyio.move_on_after(_CLOSING_SECONDS):
            await self._exited.wait()
            return
        self.signal(signal.SIGTERM)
        with anyio.move_on_after(_TERMINATING_SECONDS):
            await self._exited.wait()
            return
        await self.kill()

    async def kill(self) -> None:
        """Kill the process and wait for its end, unless the kernel holds it: one that waits for a device runs no more code, but is there."""
        self.signal(signal.SIGKILL)
        with anyio.move_on_after(_KILLED_SECONDS):
            await self._exited.wait()
            return
        self.caller.channel.abort()
        _log.error("process %d of a driver was killed and does not end: it waits in the kernel", self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the process has ended."""
        if not self._exited.is_set():
            os.kill(self.pid, number)

    def _reap(self) -> None:
        """Take note of the end, and end what the process has begun: nothing may work beside the next one. As a zombie it keeps its ID."""
        if self._program.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._program.wait()
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._exited.set()
        self._loop.call_later(_DRAINING_SECONDS, self._let_go)  # what it said last is read first

    def _let_go(self) -> None:
        self.caller.channel.abort()
        self._output.close()

    def _how(self) -> str:
        status: int | None = self._program.returncode
        if status is None:
            how = f"killed and does not end (process {self.pid})"
        elif status < 0:
            how = f"killed by signal {-status} ({_SIGNALS.get(-status, 'real-time')})"
        else:
            how = f"ended with exit status {status}"
        last = self.caller.why or self._output.last
        return f"{how}: {last}" if last else how


def _program(plugin: str, connection: int, output: int) -> "subprocess.Popen[bytes]":
    """Begin the program. It is not in the daemon's session: a terminal's signals are the daemon's. It leads a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-I", "-m", "sdk.isolated", plugin],
        stdin=connection,
        stdout=output,
        stderr=output,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name not in _SERVICE_MANAGERS},
    )


def _undo(program: "subprocess.Popen[bytes]") -> None:
    program.kill()
    program.wait()


class _Lines(asyncio.Protocol):
    """Hands on what a process says line by line; an endless line is cut."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self.last = ""
        self.ended = asyncio.Event()
        self._said = said
        self._rest = b""
        self._transport: asyncio.BaseTransport | None = None

    def close(self) -> None:
        """Hear no more: a program may have kept the other end."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._say(line)
        while len(self._rest) > _LONGEST_LINE:
            self._say(self._rest[:_LONGEST_LINE])
            self._rest = self._rest[_LONGEST_LINE:]

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._say(self._rest)
        self.ended.set()

    def _say(self, line: bytes) -> None:
        text = cleaned(line.decode("utf-8", "replace"), _LONGEST_LINE)
        if text:
            self.last = text
            self._said(text)
