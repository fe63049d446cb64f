"""Reaching a container's root by a descriptor, whether it runs or not."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio.to_thread

from sdk.drivers.storage import StorageDriver
from sdk.linux.attach import Attachment
from sdk.linux.detached import detached

_ENVIRONMENT = ("/proc", "/sys", "/dev")


@asynccontextmanager
async def opened_root(
    storage: StorageDriver, key: str, pid: int | None, *, readonly: bool = False, volumes: Sequence[Attachment] = ()
) -> AsyncIterator[int]:
    """Give a descriptor (O_PATH) of a container's root directory: as its process `pid` sees it, with all that is mounted in there, or,
    if it does not run, as its snapshot has it, with `volumes` in it, mounted nowhere.

    `readonly` is for those who only look and want no volumes. Raises NoSuchSnapshot, OSError (ESRCH: the process is gone).
    """
    if pid is None:
        mounts = await storage.mounts(key, readonly=readonly)
        root = await anyio.to_thread.run_sync(detached, mounts, volumes)
    else:
        root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield root
    finally:
        os.close(root)


def environment_devices(pid: int | None) -> frozenset[int]:
    """Return the device numbers of what is mounted on /proc, /sys and /dev of a running container: its environment, not its files."""
    if pid is None:
        return frozenset()
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        fields = [line.split() for line in lines]
    return frozenset(_device(row[2]) for row in fields if row[4].startswith(_ENVIRONMENT))


def _device(text: str) -> int:
    major, _, minor = text.partition(":")
    return os.makedev(int(major), int(minor))
