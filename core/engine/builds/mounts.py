"""The mounts of one build step, as the runtime specification says them."""

import os
import posixpath
import secrets
import stat
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from core.containers.mounts.rootfs import opened_root
from core.engine.containers.bundles import STACK_POINT
from core.engine.context import EngineContext
from sdk.builder import Stack, StepMount
from sdk.errors import InvalidArgument
from sdk.linux.descriptors import path_of
from sdk.linux.mount import UnmountFlag, move_mount, umount
from sdk.linux.openat import make_directories, open_in_root
from sdk.oci import runtime as oci
from sdk.oci.digest import chain_id


@dataclass(slots=True)
class StepMounts:
    """Mounts to be made after all others, in order, and the mount points they need (path, whether a directory)."""

    mounts: list[oci.Mount] = field(default_factory=list)
    points: list[tuple[str, bool]] = field(default_factory=list)


async def step_mounts(context: EngineContext, wanted: Sequence[StepMount], bundle: Path, held: AsyncExitStack) -> StepMounts:
    """Prepare the mounts of a step; what must live as long as the process is pushed on `held`. Raises InvalidArgument."""
    made = StepMounts()
    for number, mount in enumerate(wanted):
        if mount.stack is not None:
            await _stack(context, mount, mount.stack, bundle / f"{STACK_POINT}{number}", made, held)
        elif mount.directory is not None:
            _directory(mount, mount.directory, made, held)
        elif mount.tmpfs_size >= 0:
            _tmpfs(mount, made)
        else:
            _bind(mount, str(_file(mount, bundle / f"mount-{number}")), made, is_directory=False)
    return made


async def _stack(
    context: EngineContext, mount: StepMount, stack: Stack, point: Path, made: StepMounts, held: AsyncExitStack
) -> None:
    """Mount a stack at `point` on this machine, so that what a step sees of it has a path to bind, whatever the driver's mounts are."""
    key, storage = f"build-{secrets.token_hex(8)}", context.drivers.storage
    await storage.prepare(key, parent=chain_id(stack) if stack else None)
    held.push_async_callback(storage.remove, key)
    async with opened_root(storage, key, readonly=mount.readonly) as root:
        place, is_directory = _resolved(root, mount)
        point.mkdir()
        move_mount(root, str(point))
        held.callback(umount, str(point), UnmountFlag.DETACH)
    _bind(mount, f"{point}{place}", made, is_directory=is_directory)


def _directory(mount: StepMount, directory: Path, made: StepMounts, held: AsyncExitStack) -> None:
    """Bind what is at the source in a directory. A process of another build may write to it meanwhile, so no path into it is used twice."""
    root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if mount.create and mount.source:
            make_directories(root, mount.source)
        found = _found(root, mount)
    finally:
        os.close(root)
    held.callback(os.close, found)
    _bind(mount, path_of(found), made, is_directory=stat.S_ISDIR(os.fstat(found).st_mode))


def _resolved(root: int, mount: StepMount) -> tuple[str, bool]:
    """Return the real path of a mount's source below a root that is mounted nowhere, and whether it is a directory."""
    source = _found(root, mount)
    try:
        return os.readlink(f"/proc/self/fd/{source}"), stat.S_ISDIR(os.fstat(source).st_mode)
    finally:
        os.close(source)


def _found(root: int, mount: StepMount) -> int:
    """Return a descriptor (O_PATH) of a mount's source, all symlinks followed inside the root. Raises InvalidArgument."""
    try:
        return open_in_root(root, mount.source or "/", os.O_PATH)
    except OSError as error:
        raise InvalidArgument(f'failed to compute cache key: "{mount.source}": not found') from error


def _tmpfs(mount: StepMount, made: StepMounts) -> None:
    size = (f"size={mount.tmpfs_size}",) if mount.tmpfs_size else ()
    made.points.append((mount.target, True))
    made.mounts.append(oci.Mount(mount.target, "tmpfs", "tmpfs", ("nosuid", "nodev", "mode=1777", *size)))


def _file(mount: StepMount, place: Path) -> Path:
    """Return the file to bind: a socket as it is, content written to tmpfs."""
    if mount.socket is not None:
        os.chown(mount.socket, mount.uid, mount.gid)
        os.chmod(mount.socket, mount.mode)
        return mount.socket
    place.touch(mode=0o600)
    place.write_bytes(mount.content or b"")
    os.chown(place, mount.uid, mount.gid)
    os.chmod(place, mount.mode)
    return place


def _bind(mount: StepMount, source: str, made: StepMounts, *, is_directory: bool) -> None:
    made.points.append((posixpath.normpath(mount.target), is_directory))
    access = "ro" if mount.readonly else "rw"
    made.mounts.append(oci.Mount(mount.target, "bind", source, ("rbind", "rprivate", access)))
