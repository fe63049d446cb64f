"""openat2(2): opening names below a directory as if that were the root."""

import contextlib
import errno
import os
import struct

from sdk.linux.libc import syscall

_OPENAT2 = 437
_ATTEMPTS = 100
_RESOLVE_NO_MAGICLINKS, _RESOLVE_IN_ROOT = 0x02, 0x10


def open_in_root(root: int, path: str, flags: int, mode: int = 0) -> int:
    """Open a path with `root` as its root directory: neither `..` nor any symlink leads out of it (Linux 5.6)."""
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, mode, _RESOLVE_IN_ROOT | _RESOLVE_NO_MAGICLINKS)
    for _ in range(_ATTEMPTS):
        # A rename or mount anywhere on the machine while `..` is followed makes the kernel ask for another try (EAGAIN).
        with contextlib.suppress(BlockingIOError):
            return syscall(_OPENAT2, root, os.fsencode(path), how, len(how), operation="openat2", path=path)
    raise BlockingIOError(errno.EAGAIN, "openat2: the kernel found no quiet moment", path)
