"""The shim of a process, seen from the daemon: find it, signal it, end it."""

import os
import select
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sdk.linux.pidfd import open_process, send_signal
from sdk.shim import layout
from sdk.shim.state import StateFile


@dataclass(slots=True)
class Shim:
    """A running shim. `child` tells whether this daemon started it, and so has to reap it."""

    pid: int
    pidfd: int
    child: bool

    def reap(self, *, block: bool = False) -> None:
        """Collect a shim that has ended (or wait until it has) and forget it; idempotent."""
        if self.pidfd < 0:
            return
        if self.child:
            with suppress(ChildProcessError):
                if os.waitpid(self.pid, 0 if block else os.WNOHANG)[0] == 0:
                    return
        os.close(self.pidfd)
        self.pidfd = -1

    def end(self) -> None:
        """Kill and reap it; idempotent. What it held open is closed then."""
        if self.pidfd >= 0:
            send_signal(self.pidfd, signal.SIGKILL)
            self.reap(block=True)


def find_shim(state: StateFile) -> Shim | None:
    """Return the shim that works on this state file; None if it has ended. Never mistakes another process for it."""
    pid = state.shim
    pidfd = open_process(pid) if pid > 0 else None
    if pidfd is None:
        return None
    if _holds(pid, state.descriptor):
        return Shim(pid, pidfd, child=False)
    os.close(pidfd)
    return None


def _holds(pid: int, descriptor: int) -> bool:
    try:
        held = os.stat(f"/proc/{pid}/fd/{layout.PLAN_FD}")
    except OSError:
        return False
    return os.path.samestat(held, os.fstat(descriptor))


def end_shim(pid: int) -> None:
    """Kill a shim that nobody holds and return when it has ended, at most a second later."""
    if (pidfd := open_process(pid)) is None:
        return
    try:
        send_signal(pidfd, signal.SIGKILL)
        select.select([pidfd], [], [], 1)
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    finally:
        os.close(pidfd)


def shims_titled(*title: str) -> Sequence[int]:
    """Return the pids of the shims whose title begins with these words, by looking at every process."""
    wanted = b"\0".join(map(os.fsencode, title)) + b"\0"
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if wanted in _command_line(pid)]


def _command_line(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/cmdline", "rb", buffering=0) as file:
            return file.read(65536)
    except OSError:
        return b""
