"""Process descriptors: names of processes that are never reused."""

import os
import select
import signal
from contextlib import suppress

from sdk.linux.libc import syscall

_PIDFD_GETFD = 438  # the same number on every architecture


def take_descriptor(pidfd: int, number: int) -> int:
    """Return a close-on-exec copy of another process' descriptor. Raises OSError: EBADF it has none, ESRCH it has ended."""
    return syscall(_PIDFD_GETFD, pidfd, number, 0, operation="pidfd_getfd")


def send_signal(pidfd: int, number: int) -> None:
    """Send a signal; nothing happens when the process has ended."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)


def open_process(pid: int) -> int | None:
    """Return a pidfd; None if there is no such process."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def await_end(pidfd: int, seconds: float) -> bool:
    """Wait until a process has ended, or so many seconds; tell whether it has. Any descriptor will do: select(2) knows only the first 1024."""
    waiting = select.poll()
    waiting.register(pidfd, select.POLLIN)
    return bool(waiting.poll(seconds * 1000))
