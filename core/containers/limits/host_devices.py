"""Device nodes of this host, as `--device` and `--privileged` look them up."""

import os
import stat
from collections.abc import Iterator

from sdk.errors import InvalidArgument
from sdk.oci import runtime as oci

NOT_OURS = frozenset(("pts", "shm", "fd", "mqueue", "console", ".lxc", ".lxd-mounts", ".udev"))
"""Entries of a device directory that every container has of its own."""


def _device(path: str, status: os.stat_result) -> oci.Device | None:
    kind = "c" if stat.S_ISCHR(status.st_mode) else "b" if stat.S_ISBLK(status.st_mode) else ""
    if not kind:
        return None
    return oci.Device(
        path=path,
        type=kind,
        major=os.major(status.st_rdev),
        minor=os.minor(status.st_rdev),
        file_mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
    )


def _below(directory: str) -> Iterator[oci.Device]:
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name in NOT_OURS:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path)
            elif device := _device(entry.path, entry.stat(follow_symlinks=False)):
                yield device


def host_devices(path: str) -> tuple[oci.Device, ...]:
    """Return the device at `path` (links followed), or all below the directory `path`. Raises InvalidArgument with Docker's sentence."""
    try:
        status = os.stat(path)
        found = tuple(_below(path)) if stat.S_ISDIR(status.st_mode) else tuple(filter(None, [_device(path, status)]))
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise InvalidArgument(f'error gathering device information while adding custom device "{path}": {reason}') from None
    if not found:
        raise InvalidArgument(f'error gathering device information while adding custom device "{path}": not a device node')
    return found
