"""openat2(2): opening names below a directory as if that were the root."""

import contextlib
import errno
import os
import posixpath
import struct

from sdk.linux.libc import syscall
from sdk.linux.regular import reopen_regular

_OPENAT2 = 437
_ATTEMPTS = 100
_MAX_SYMLINKS = 40
_RESOLVE_NO_MAGICLINKS, _RESOLVE_BENEATH, _RESOLVE_IN_ROOT = 0x02, 0x08, 0x10


def open_in_root(root: int, path: str, flags: int, mode: int = 0) -> int:
    """Open a path with `root` as its root directory: neither `..` nor any symlink leads out of it (Linux 5.6)."""
    return _open(root, path, flags, mode, _RESOLVE_IN_ROOT)


def open_beneath(root: int, path: str, flags: int) -> int:
    """Open a relative path below `root`. Raises OSError (EXDEV) if `..` or a symlink on the way, or at its end, leads out of it."""
    return _open(root, path, flags, 0, _RESOLVE_BENEATH)


def _open(root: int, path: str, flags: int, mode: int, resolve: int) -> int:
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, mode, resolve | _RESOLVE_NO_MAGICLINKS)
    for _ in range(_ATTEMPTS):
        # A rename or mount anywhere on the machine while `..` is followed makes the kernel ask for another try (EAGAIN).
        with contextlib.suppress(BlockingIOError):
            return syscall(_OPENAT2, root, os.fsencode(path), how, len(how), operation="openat2", path=path)
    raise BlockingIOError(errno.EAGAIN, "openat2: the kernel found no quiet moment", path)


def make_directories(root: int, path: str, mode: int = 0o755) -> None:
    """Make the directories of a path that are missing, with `root` as its root directory; idempotent. A symlink that leads to nothing
    gets what it leads to. Raises OSError: NotADirectoryError where something else is in the way, ELOOP for symlinks in a circle."""
    pending, done, followed = path.split("/")[::-1], "/", 0
    while pending:
        name = pending.pop()
        step = posixpath.normpath(posixpath.join(done, name))
        try:
            os.close(open_in_root(root, step, os.O_PATH | os.O_DIRECTORY))
            done = step
        except FileNotFoundError:
            target = _made(root, step, mode)
            followed += target is not None
            if target is None:
                done = step
            elif followed > _MAX_SYMLINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path) from None
            else:
                pending += target.split("/")[::-1]
                done = "/" if target.startswith("/") else done


def _made(root: int, path: str, mode: int) -> str | None:
    """Make one directory; return the text of a symlink that is there instead."""
    head, name = posixpath.split(path)
    parent = open_in_root(root, head, os.O_PATH | os.O_DIRECTORY)
    try:
        os.mkdir(name, mode, dir_fd=parent)
    except FileExistsError:
        with contextlib.suppress(OSError):  # a directory by now
            return os.readlink(name, dir_fd=parent)
    finally:
        os.close(parent)
    return None


def open_regular(root: int, path: str) -> int:
    """Open a regular file for reading, with `root` as its root directory (`open_in_root`).

    Whatever else the path leads to is looked at without being opened: opening a FIFO waits for a writer, and opening a device does
    what its driver likes. Raises IsADirectoryError, OSError (EINVAL: some other kind of file; ENOENT and its like).
    """
    found = open_in_root(root, path, os.O_PATH)
    try:
        return reopen_regular(found, path)
    finally:
        os.close(found)
