"""Copy-up: the first container to use an empty volume fills it with what the image has at that place."""

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import TypeVar, TypeVarTuple, Unpack

import anyio

from core.containers.mount_record import MountRecord
from core.containers.mounts import VolumeStore
from core.containers.treecopy import copy_tree
from sdk.linux.openat import open_in_root

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_limiter = anyio.CapacityLimiter(4)


async def populate(
    records: Iterable[MountRecord],
    container_id: str,
    volumes: VolumeStore,
    open_root: Callable[[], AbstractAsyncContextManager[int]],
) -> None:
    """Fill the empty ones among a container's volumes from its root, whose directory descriptor `open_root` gives.

    The root is opened only if there is a volume to fill. Call it at create, once the snapshot is prepared. Symlinks in the image are
    resolved inside the root; owner, mode, extended attributes, times and hard links are kept. Raises OSError.
    """
    wanted = [record for record in records if record.type == "volume" and record.copy_up and not record.subpath]
    if not wanted:
        return
    async with AsyncExitStack() as stack:
        targets = [(record, await stack.enter_async_context(volumes.opened(record.name, container_id))) for record in wanted]
        empty = [(record, target) for record, target in targets if not await _in_thread(_has_content, target)]
        if not empty:
            return
        root = await stack.enter_async_context(open_root())
        for record, target in empty:
            await _in_thread(_copy_up, root, record.destination, target)


async def _in_thread(work: Callable[[Unpack[Ts]], T], *arguments: *Ts) -> T:
    return await anyio.to_thread.run_sync(work, *arguments, limiter=_limiter)


def _has_content(directory: Path) -> bool:
    """Tell whether a volume holds anything but what a file system makes by itself."""
    with os.scandir(directory) as entries:
        return any(entry.name != "lost+found" for entry in entries)


def _copy_up(root: int, destination: str, directory: Path) -> None:
    if _has_content(directory):  # one volume at two places: the first has filled it
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        source = open_in_root(root, destination, flags)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        target = os.open(directory, flags)
        try:
            copy_tree(source, target)
        finally:
            os.close(target)
    finally:
        os.close(source)
