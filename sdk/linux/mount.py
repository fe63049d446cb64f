"""Mounts: mount(2), umount2(2) and the descriptor-based calls that replaced them (Linux 5.2 and later).

The numbers of the new calls are the same on every architecture.
"""

import ctypes
import os
import struct
from enum import IntFlag

from sdk.linux.libc import checked, libc, syscall

AT_FDCWD = -100
AT_EMPTY_PATH = 0x1000
AT_RECURSIVE = 0x8000

_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT, _MOUNT_SETATTR = 428, 429, 430, 431, 432, 442
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_FSOPEN_CLOEXEC = _FSMOUNT_CLOEXEC = 1
_SET_FLAG, _SET_STRING, _CREATE = 0, 1, 6
_MOVE_FROM_EMPTY, _MOVE_TO_EMPTY = 0x4, 0x40


class MountFlag(IntFlag):
    """Flags of mount(2)."""

    NONE = 0
    RDONLY = 1
    NOSUID = 2
    NODEV = 4
    NOEXEC = 8
    SYNCHRONOUS = 16
    REMOUNT = 32
    NOATIME = 1024
    NODIRATIME = 2048
    BIND = 4096
    MOVE = 8192
    REC = 16384
    SILENT = 32768
    UNBINDABLE = 1 << 17
    PRIVATE = 1 << 18
    SLAVE = 1 << 19
    SHARED = 1 << 20
    RELATIME = 1 << 21
    STRICTATIME = 1 << 24


class UnmountFlag(IntFlag):
    """Flags of umount2(2)."""

    NONE = 0
    FORCE = 1
    DETACH = 2
    EXPIRE = 4
    NOFOLLOW = 8


class MountAttribute(IntFlag):
    """Attributes of fsmount(2) and mount_setattr(2)."""

    NONE = 0
    RDONLY = 0x1
    NOSUID = 0x2
    NODEV = 0x4
    NOEXEC = 0x8
    NOATIME = 0x10
    STRICTATIME = 0x20
    NODIRATIME = 0x80
    IDMAP = 0x100000
    NOSYMFOLLOW = 0x200000


def mount(source: str, target: str, filesystem: str = "", flags: MountFlag = MountFlag.NONE, data: str = "") -> None:
    """Attach a file system, or change or bind a mount, as mount(2) does."""
    arguments = (os.fsencode(source), os.fsencode(target), os.fsencode(filesystem) or None)
    result = libc.mount(*arguments, ctypes.c_ulong(flags), os.fsencode(data) or None)
    checked(result, f"mount {filesystem or source}", target)


def umount(target: str, flags: UnmountFlag = UnmountFlag.NONE) -> None:
    """Detach what is mounted on a path."""
    checked(libc.umount2(os.fsencode(target), int(flags)), "umount2", target)


def open_tree(path: str, *, directory: int = AT_FDCWD, clone: bool = False, recursive: bool = False) -> int:
    """Return a descriptor of a mount; with `clone` of a detached copy, which vanishes with the descriptor."""
    flags = _OPEN_TREE_CLOEXEC | (_OPEN_TREE_CLONE if clone else 0) | (AT_RECURSIVE if recursive else 0)
    flags |= 0 if path else AT_EMPTY_PATH
    return syscall(_OPEN_TREE, directory, os.fsencode(path), flags, operation="open_tree", path=path)


def move_mount(mount_fd: int, path: str, *, directory: int = AT_FDCWD) -> None:
    """Attach a detached mount (or move one) to a path; an empty path means `directory` itself."""
    flags = _MOVE_FROM_EMPTY | (0 if path else _MOVE_TO_EMPTY)
    syscall(_MOVE_MOUNT, mount_fd, b"", directory, os.fsencode(path), flags, operation="move_mount", path=path)


def fsopen(filesystem: str) -> int:
    """Return a descriptor of a new, unconfigured file system."""
    return syscall(_FSOPEN, os.fsencode(filesystem), _FSOPEN_CLOEXEC, operation="fsopen", path=filesystem)


def fsconfig_flag(context: int, key: str) -> None:
    """Set an option that has no value."""
    syscall(_FSCONFIG, context, _SET_FLAG, os.fsencode(key), None, 0, operation=f"fsconfig {key}")


def fsconfig_string(context: int, key: str, value: str) -> None:
    """Set an option to a value of at most 255 bytes."""
    arguments = (os.fsencode(key), os.fsencode(value))
    syscall(_FSCONFIG, context, _SET_STRING, *arguments, 0, operation=f"fsconfig {key}", path=value)


def fsconfig_create(context: int) -> None:
    """Make the file system as configured."""
    syscall(_FSCONFIG, context, _CREATE, None, None, 0, operation="fsconfig create")


def fsmount(context: int, attributes: MountAttribute = MountAttribute.NONE) -> int:
    """Return a descriptor of a detached mount of a created file system; unless attached it vanishes with the descriptor."""
    return syscall(_FSMOUNT, context, _FSMOUNT_CLOEXEC, int(attributes), operation="fsmount")


def mount_setattr(
    mount_fd: int,
    path: str = "",
    *,
    add: MountAttribute = MountAttribute.NONE,
    remove: MountAttribute = MountAttribute.NONE,
    propagation: MountFlag = MountFlag.NONE,
    user_namespace: int = 0,
    recursive: bool = False,
) -> None:
    """Change attributes or propagation of a mount, or with `recursive` of all below it. `user_namespace` goes with IDMAP."""
    flags = (0 if path else AT_EMPTY_PATH) | (AT_RECURSIVE if recursive else 0)
    attributes = struct.pack("QQQQ", add, remove, propagation, user_namespace)
    arguments = (mount_fd, os.fsencode(path), flags, attributes, len(attributes))
    syscall(_MOUNT_SETATTR, *arguments, operation="mount_setattr", path=path)
