"""Processes that do the engine's file work: fresh interpreters which change their root before they touch a name.

A process of its own, because a root is a property of a process; and because what it used is given back when it ends.
"""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

_PACKAGES = str(Path(__file__).parents[2])


class Worker:
    """A running process; `wait` returns its exit status, negative for a signal."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    async def wait(self) -> int:
        """Return the exit status once the process has ended."""
        pidfd = os.pidfd_open(self._process.pid)
        try:
            await anyio.wait_readable(pidfd)
        finally:
            os.close(pidfd)
        return self._process.wait()

    def kill(self) -> None:
        """Kill and reap; no error if it has ended."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@asynccontextmanager
async def started(
    module: str, arguments: Sequence[str], *, stdin: int, stdout: int, descriptors: Sequence[int] = ()
) -> AsyncIterator[Worker]:
    """Run `main()` of a module in a new process; it is dead and reaped when the block is left."""
    paths = [_PACKAGES, *sys.path]
    code = f"import sys; sys.path[:] = {paths!r}; from core.images.worker_main import run; run({module!r})"
    process = subprocess.Popen(  # noqa: ASYNC220 - takes a millisecond; awaiting it here would not take less
        [sys.executable, "-I", "-S", "-c", code, *arguments], stdin=stdin, stdout=stdout, pass_fds=descriptors, cwd="/"
    )
    worker = Worker(process)
    try:
        yield worker
    finally:
        worker.kill()
