"""Room that the database has kept for itself, so that what has happened can be written down when a disk is full.

Blocks are allocated behind the end of the database and of its write-ahead log (fallocate(2), FALLOC_FL_KEEP_SIZE), which SQLite does not
see and grows into. A file of the same purpose is given up when a daemon starts on a full disk, for the log is made anew then.
"""

import ctypes
import errno
import os
from contextlib import suppress
from pathlib import Path

from sdk.linux.libc import libc

_KEEP_SIZE = 1
_ASIDE = 1 << 20


def keep_behind(path: Path, size: int) -> None:
    """Keep so many bytes of room behind the end of a file, and what it takes to fill its holes.

    Where the file system cannot or has none left, nothing is kept.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            end = os.fstat(descriptor).st_size
            libc.fallocate(descriptor, _KEEP_SIZE, ctypes.c_long(0), ctypes.c_long(end + size))
        finally:
            os.close(descriptor)


class Reserve:
    """A file that only takes room."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self) -> None:
        """Take the room, unless it is taken or there is none."""
        descriptor = -1
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.posix_fallocate(descriptor, 0, _ASIDE)
        except OSError:
            self.give_up()
        finally:
            if descriptor >= 0:
                os.close(descriptor)

    def refusal(self) -> str:
        """Return why nothing can be written here, in the system's words: as long as not even a time is taken, it is not for want of room."""
        try:
            os.utime(self._path.parent)
        except OSError as error:
            return os.strerror(error.errno or 0).lower()
        return os.strerror(errno.ENOSPC).lower()

    def give_up(self) -> None:
        """Let others have the room; idempotent."""
        with suppress(OSError):
            self._path.unlink()
