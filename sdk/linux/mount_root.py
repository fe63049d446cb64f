"""Whether something is mounted exactly at a path: statx(2), `STATX_ATTR_MOUNT_ROOT` (Linux 5.8)."""

import ctypes
import os
import struct

from sdk.linux.libc import libc

_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_STATX_SIZE = 256
_ATTRIBUTES = struct.Struct("=8xQ")
_MOUNT_ROOT = 0x2000


def is_mount_root(path: str | bytes | os.PathLike[str]) -> bool:
    """Tell whether a path is the root of a mount, also of a bind mount of a single file. A symlink at its end is not followed.

    False on a kernel that does not say, and on a path that does not exist.
    """
    found = ctypes.create_string_buffer(_STATX_SIZE)
    if libc.statx(_AT_FDCWD, os.fsencode(path), _AT_SYMLINK_NOFOLLOW, 0, found) != 0:
        return False
    (attributes,) = _ATTRIBUTES.unpack_from(found)
    return bool(attributes & _MOUNT_ROOT)
