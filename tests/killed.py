"""A process killed by SIGKILL before each of its calls to the kernel in turn: what a later one finds must be whole every time.

Calls are those of files, and those that send something over a socket: netlink is such a socket.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from itertools import count

_SENDS = ("send", "sendto", "sendmsg")
_CALLS = (
    "open",
    "write",
    "pwrite",
    "ftruncate",
    "truncate",
    "fsync",
    "close",
    "rename",
    "replace",
    "link",
    "symlink",
    "unlink",
    "mkdir",
)


def killed_at_every_call(work: Callable[[], object]) -> Iterator[int]:
    """Run `work` again and again, each time in a process of its own that is killed before its next call; yield after each kill.

    The last run, which is yielded too, is one that nothing kills.
    """
    for number in count():
        if (pid := os.fork()) == 0:
            _run(work, number)
        _, status = os.waitpid(pid, 0)
        assert status in (signal.SIGKILL, 0), f"run {number} ended with {status}"
        yield number
        if status == 0:
            assert number, "it makes no call that is known here"
            return


def _run(work: Callable[[], object], allowed: int) -> None:
    left = allowed

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def wrapper(*args: object, **keywords: object) -> object:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return call(*args, **keywords)

        return wrapper

    try:
        for name in _CALLS:
            setattr(os, name, counted(getattr(os, name)))
        for name in _SENDS:
            setattr(socket.socket, name, counted(getattr(socket.socket, name)))
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 the child must not go on as a second test process
        os._exit(1)
