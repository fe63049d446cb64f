"""When the kernel finds no memory for a control group."""

import os
import select
from collections.abc import AsyncIterator
from contextlib import ExitStack

import anyio

_SIZE = 4096


def shortages(directory: str, version: int) -> AsyncIterator[None]:
    """Yield whenever the kernel killed a process of a control group for want of memory; on version 1 also when it stopped one instead.

    `directory` is the group's, in the memory controller's hierarchy. Several of a moment are one. It may or may not end when the group is
    removed: cancel it. Raises OSError if the group is gone at first, or has no memory controller.
    """
    return _told_by_version_2(directory) if version == 2 else _told_by_version_1(directory)


async def _told_by_version_1(directory: str) -> AsyncIterator[None]:
    """By an eventfd that is signalled for memory.oom_control, and when the group is removed (cgroup-v1/memory.rst, section 10)."""
    register = f"{directory}/cgroup.event_control"
    with ExitStack() as opened:
        told = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        opened.callback(os.close, told)
        with open(f"{directory}/memory.oom_control", "rb") as subject, open(register, "w") as registry:
            registry.write(f"{told} {subject.fileno()}")
        while True:
            await anyio.wait_readable(told)
            os.eventfd_read(told)
            if not os.path.exists(register):
                return
            yield


async def _told_by_version_2(directory: str) -> AsyncIterator[None]:
    """By memory.events, which has something for poll(2) whenever it changes, until it is read (cgroup-v2.rst)."""
    with ExitStack() as opened:
        events = os.open(f"{directory}/memory.events", os.O_RDONLY | os.O_CLOEXEC)
        opened.callback(os.close, events)
        # event loops watch for data alone: an epoll descriptor has data when something is urgent
        watch = opened.enter_context(select.epoll(1))
        watch.register(events, select.EPOLLPRI)
        seen = _kills(events)
        while seen is not None:
            await anyio.wait_readable(watch.fileno())
            before, seen = seen, _kills(events)
            if seen is not None and seen > before:
                yield


def _kills(events: int) -> int | None:
    """Return the count of killed processes; None once the group is gone."""
    try:
        text = os.pread(events, _SIZE, 0).decode()
    except OSError:
        return None
    return next((int(count) for key, _, count in (line.partition(" ") for line in text.splitlines()) if key == "oom_kill"), 0)
