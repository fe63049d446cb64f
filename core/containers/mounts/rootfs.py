"""Reaching a container's root by a descriptor, whether it runs or not."""

import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio.to_thread

from sdk.drivers.storage import Mount, StorageDriver
from sdk.errors import InvalidArgument, ResourceExhausted, Unavailable
from sdk.linux.attach import Attachment
from sdk.linux.detached import detached
from sdk.linux.mountinfo import MountPoint, mount_table

_ENVIRONMENT = ("/proc", "/sys", "/dev")
_KERNELS_TYPES = frozenset(
    {"proc", "sysfs", "tmpfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs"}
)
"""File systems whose files are the kernel's, or in memory alone."""


@asynccontextmanager
async def opened_root(
    storage: StorageDriver, key: str, pid: int | None = None, *, readonly: bool = False, volumes: Sequence[Attachment] = ()
) -> AsyncIterator[int]:
    """Give a descriptor (O_PATH) of a container's root directory: as its process `pid` sees it, with all that is mounted in there, or,
    if it does not run, as its snapshot has it, with `volumes` in it, mounted nowhere.

    `readonly` is for those who only look and want no volumes. Raises NoSuchSnapshot, InvalidArgument for a volume that cannot be
    mounted, ResourceExhausted for a full disk, Unavailable for a snapshot that cannot be.
    """
    root = _of_process(pid) if pid else None
    if root is None:
        mounts = await storage.mounts(key, readonly=readonly)
        root = await anyio.to_thread.run_sync(_mounted, mounts, volumes)
    try:
        yield root
    finally:
        os.close(root)


def _mounted(mounts: Sequence[Mount], volumes: Sequence[Attachment]) -> int:
    try:
        return detached(mounts, volumes)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceExhausted(f"error mounting the container's root: {reason}") from error
        if not error.filename2:
            raise Unavailable(f"error mounting the container's root: {reason}") from error
        if error.errno == errno.EXDEV:
            reason = "path escapes from base"
        raise InvalidArgument(f'error mounting "{error.filename}" to rootfs at "{error.filename2}": {reason}') from error


def _of_process(pid: int) -> int | None:
    """Return a descriptor of a process' root; None if it has just ended."""
    try:
        return os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        return None


def environment_devices(pid: int | None) -> frozenset[int]:
    """Return the device numbers of what the kernel shows on /proc, /sys and /dev of a running container: its environment, not its files.

    A volume in there is not among them: all other files of the disk that it is on have the same number.
    """
    try:
        mounts = mount_table(str(pid))
    except OSError:
        return frozenset()
    return frozenset(mount.device for mount in mounts if is_environment(mount))


def is_environment(mount: MountPoint) -> bool:
    """Tell whether a mount of a container is the kernel's, on /proc, /sys and /dev or below."""
    top = "/" + mount.path.split("/")[1]
    return mount.type in _KERNELS_TYPES and top in _ENVIRONMENT
