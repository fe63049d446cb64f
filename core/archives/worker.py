"""Processes that do the engine's file work: fresh interpreters which change their root before they touch a name.

A process of its own, because a root is a property of a process; and because what it used is given back when it ends. It has not the
capability to look into other processes: in a running container there may be a /proc, with links to the roots of all whom it shows.
"""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import anyio
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from sdk.linux.bounding import CAP_SYS_PTRACE, withhold_from_programs
from sdk.linux.namespaces import in_new_thread

_NICE = 5
"""Workers of many clients at once leave the processor to the daemon when it has something to answer."""

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
    code = f"import os, sys; os.nice({_NICE}); sys.path[:] = {paths!r}; from core.archives.worker_main import run; run({module!r})"

    def spawn() -> "subprocess.Popen[bytes]":
        withhold_from_programs(CAP_SYS_PTRACE)
        words = [sys.executable, "-I", "-S", "-c", code, *arguments]
        return subprocess.Popen(words, stdin=stdin, stdout=stdout, pass_fds=descriptors, cwd="/")

    worker = Worker(await run_sync(in_new_thread, spawn, limiter=_spawning()))
    try:
        yield worker
    finally:
        worker.kill()


@cache
def _spawning() -> CapacityLimiter:
    """One process is begun at a time, beside the event loop: on a busy machine each takes a while until its program is loaded."""
    return CapacityLimiter(1)
