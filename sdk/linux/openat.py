"""openat2(2): paths that cannot lead out of where they start."""

import ctypes
import os
import struct

from sdk.linux.libc import syscall

_OPENAT2 = 437  # the same number on every architecture

RESOLVE_NO_XDEV = 0x01
RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_NO_SYMLINKS = 0x04
RESOLVE_BENEATH = 0x08
RESOLVE_IN_ROOT = 0x10


def openat2(directory: int, path: str | bytes, flags: int, mode: int = 0, *, resolve: int = 0) -> int:
    """Open `path` from the directory descriptor and return a new descriptor. Raises OSError (EXDEV: it would lead outside)."""
    how = ctypes.create_string_buffer(struct.pack("QQQ", flags, mode, resolve), 24)
    return syscall(_OPENAT2, directory, os.fsencode(path), how, 24, operation="openat2", path=os.fsdecode(path))
