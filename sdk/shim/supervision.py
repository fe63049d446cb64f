"""The shim of a process, seen from the daemon: find it, signal it, end it."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sdk.linux.pidfd import await_end, open_process, send_signal
from sdk.shim import layout
from sdk.shim.state import StateFile

_PATIENCE = 5
"""Seconds for a killed shim to be gone."""


@dataclass(slots=True)
class Shim:
    """A running shim, started by this daemon or by an earlier one. `pidfd` is a descriptor of its process (pidfd_open(2))."""

    pid: int
    pidfd: int

    def reap(self) -> None:
        """Forget a shim that has ended, and collect it if it is this daemon's child; idempotent."""
        if self.pidfd >= 0:
            with suppress(ChildProcessError):
                os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED | os.WNOHANG)
            os.close(self.pidfd)
            self.pidfd = -1

    def kill(self) -> None:
        """Kill it; idempotent. `end` sees it gone."""
        if self.pidfd >= 0:
            send_signal(self.pidfd, signal.SIGKILL)

    def end(self) -> None:
        """Kill it and see it gone; idempotent. What it held open is closed then."""
        if self.pidfd >= 0:
            self.kill()
            await_end(self.pidfd, _PATIENCE)
            self.reap()


def find_shim(state: StateFile) -> Shim | None:
    """Return the shim that works on this state file; None if it has ended. Never mistakes another process for it."""
    pid = state.shim
    pidfd = open_process(pid) if pid > 0 else None
    if pidfd is None:
        return None
    if _holds(pid, state.descriptor):
        return Shim(pid, pidfd)
    os.close(pidfd)
    return None


def _holds(pid: int, descriptor: int) -> bool:
    try:
        held = os.stat(f"/proc/{pid}/fd/{layout.PLAN_FD}")
    except OSError:
        return False
    return os.path.samestat(held, os.fstat(descriptor))


def end_shim(pid: int) -> None:
    """Kill a shim that no daemon holds and see it gone."""
    if (pidfd := open_process(pid)) is not None:
        Shim(pid, pidfd).end()


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
