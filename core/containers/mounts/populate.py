"""Copy-up: the first container to use an empty volume fills it with what the image has at that place."""

import errno
import logging
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Protocol, TypeVar, TypeVarTuple, Unpack

import anyio

from core.containers.mounts.record import MountRecord
from core.containers.mounts.subpath import opened_path
from sdk.errors import InvalidArgument, ResourceExhausted, Unavailable
from sdk.linux.openat import open_in_root
from sdk.storage.copying import copy_into

LOST_AND_FOUND = "lost+found"

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Untouched = Callable[[str, int], bool]
"""Tell whether no container can have written to a volume, by its name, since a moment in nanoseconds."""

_log = logging.getLogger(__name__)
_limiter = anyio.CapacityLimiter(4)


class FilledVolumes(Protocol):
    """What filling volumes needs of them; the volume catalog is one."""

    def opened(self, name: str, user: str) -> AbstractAsyncContextManager[Path]:
        """Make a volume's data available for the engine's own work."""

    def begin_copy(self, name: str, subpath: str, since_ns: int) -> None:
        """Note that files are copied into an empty directory of a volume."""

    def end_copy(self, name: str, subpath: str) -> None:
        """Learn that it is full, or empty again; idempotent."""


async def populate(
    records: Iterable[MountRecord],
    container_id: str,
    volumes: FilledVolumes,
    open_root: Callable[[], AbstractAsyncContextManager[int]],
    untouched: Untouched,
) -> None:
    """Fill the empty ones among a container's volumes from its root, whose directory descriptor `open_root` gives.

    What fails or is cut off leaves them empty, at the latest after the next boot, unless a container may have written to them meanwhile.

    The root is opened only if there is a volume to fill. Call it at create, once the snapshot is prepared. Symlinks in the image are
    resolved inside the root; owner, mode, extended attributes, times and hard links are kept. Raises ResourceExhausted for a
    full disk, InvalidArgument for an anonymous volume over a file, Unavailable for other trouble, also with others that change a volume meanwhile.
    """
    wanted = [record for record in records if record.type == "volume" and record.copy_up]
    if not wanted:
        return
    async with AsyncExitStack() as stack:
        targets = [(record, await _opened(record, container_id, volumes, stack)) for record in wanted]
        empty = [
            (record, target) for record, target in targets if target is not None and not await _in_thread(_has_content, target)
        ]
        if not empty:
            return
        root = await stack.enter_async_context(open_root())
        for record, target in empty:
            await _fill(root, record, target, volumes, untouched)


async def _fill(root: int, record: MountRecord, target: int, volumes: FilledVolumes, untouched: Untouched) -> None:
    since = time.time_ns()
    alone = untouched(record.name, since)
    if alone:
        volumes.begin_copy(record.name, record.subpath, since)
    try:
        await _in_thread(_copy_up, root, record, target)
    except BaseException:
        with anyio.CancelScope(shield=True):
            if alone and untouched(record.name, since) and await _in_thread(_is_cleared, target):
                volumes.end_copy(record.name, record.subpath)
        raise
    volumes.end_copy(record.name, record.subpath)


async def _opened(record: MountRecord, container_id: str, volumes: FilledVolumes, stack: AsyncExitStack) -> int | None:
    """Return a descriptor of the directory that a mount is to show; None if there is no such directory, as the start will tell."""
    path = await stack.enter_async_context(volumes.opened(record.name, container_id))
    try:
        found = await _in_thread(opened_path, str(path), record.subpath)
    except (InvalidArgument, FileNotFoundError, NotADirectoryError):
        return None
    stack.callback(os.close, found)
    return found if stat.S_ISDIR(os.fstat(found).st_mode) else None


async def _in_thread(work: Callable[[Unpack[Ts]], T], *arguments: *Ts) -> T:
    return await anyio.to_thread.run_sync(work, *arguments, limiter=_limiter)


def _has_content(target: int) -> bool:
    """Tell whether a directory holds anything but what a file system makes by itself."""
    with os.scandir(f"/proc/self/fd/{target}") as entries:
        return any(entry.name != LOST_AND_FOUND for entry in entries)


def _is_cleared(target: int) -> bool:
    try:
        clear(target)
    except OSError as error:  # the note stays, and the next boot tries again
        _log.warning("a volume that was not filled to the end cannot be emptied: %s", error)
        return False
    return True


def _copy_up(root: int, record: MountRecord, target: int) -> None:
    if _has_content(target):  # one volume at two places: the first has filled it
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        source = open_in_root(root, record.destination, flags)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        if record.anonymous:
            raise InvalidArgument(f"cannot mount volume over existing file, file exists {record.destination}") from None
        return
    try:
        directory = os.open(f"/proc/self/fd/{target}", flags)
        try:
            copy_into(source, directory)
        except OSError as error:
            kind = ResourceExhausted if error.errno in (errno.ENOSPC, errno.EDQUOT) else Unavailable
            reason = os.strerror(error.errno or 0).lower()
            raise kind(f"failed to copy {record.destination} of the image to volume {record.name}: {reason}") from error
        finally:
            os.close(directory)
    finally:
        os.close(source)


def clear(target: int) -> None:
    """Delete all that is in a directory, by its descriptor (O_PATH is enough), but for what a file system makes by itself. Raises OSError."""
    directory = os.open(f"/proc/self/fd/{target}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(directory) as entries:
            found = [entry for entry in entries if entry.name != LOST_AND_FOUND]
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.name, dir_fd=directory)
            else:
                os.unlink(entry.name, dir_fd=directory)
    finally:
        os.close(directory)
