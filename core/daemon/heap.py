"""The C library's heap: one for all threads, and what it keeps after busy times given back to the kernel."""

import os

import anyio
from anyio.to_thread import run_sync

from sdk.linux.libc import libc

_INTERVAL = 30.0
_GROWN = 32 << 20
"""Bytes more than at the beginning, by which a process counts as grown. Trimming takes a few milliseconds then."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_M_ARENA_MAX = -8
"""From <malloc.h>."""


def share_one_heap() -> None:
    """Let all threads allocate from one arena (mallopt(3)); to be called before there are others.

    Threads that hold Python's lock do not compete for it, and arenas of their own would keep a megabyte each of what they once needed.
    Where the C library has no mallopt(3) nothing is done.
    """
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)


async def trim_when_grown(interval: float = _INTERVAL) -> None:
    """Give free memory back every now and then while the process is larger than now, until cancelled.

    A pull or a load leaves tens of megabytes of free pieces between what lives on, which malloc(3) does not return by itself.
    Where the C library has no malloc_trim(3) nothing is done.
    """
    if not hasattr(libc, "malloc_trim"):
        return
    small = resident()
    while True:
        await anyio.sleep(interval)
        if resident() > small + _GROWN:
            await run_sync(libc.malloc_trim, 0)


def resident() -> int:
    """Return the bytes of memory this process has (proc(5), /proc/pid/statm)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * _PAGE
