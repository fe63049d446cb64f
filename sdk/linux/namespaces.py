"""Namespaces of the calling thread: leave one, enter another."""

import ctypes
import os

from sdk.linux.libc import libc

CLONE_NEWNET = 0x40000000


def unshare(flags: int) -> None:
    """Move the calling thread into new namespaces of the kinds in `flags`."""
    _check(libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(fd: int, flags: int) -> None:
    """Move the calling thread into the namespace `fd` refers to; `flags` says which kind it must be, 0 for any."""
    _check(libc.setns(ctypes.c_int(fd), ctypes.c_int(flags)), "setns")


def open_network_namespace() -> int:
    """Return a descriptor of the calling thread's network namespace; the caller closes it."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _check(result: int, operation: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{operation}: {os.strerror(code)}")
