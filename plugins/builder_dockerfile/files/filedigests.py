"""Digests of files, remembered from build to build."""

import hashlib
import os
import threading
import time

from sdk.linux.regular import open_same

_LARGE = 1 << 20
_REMEMBERED = 1 << 15
_QUIET_NS = 50_000_000
"""A file that changed a moment ago may change once more within one tick of the kernel's clock, which its times would not show."""

_Identity = tuple[int, int, int, int, int]


class FileDigests:
    """Digests of files, remembered for the next build of a directory that stays: a file is known by device, inode, size and both times,
    of which no program can set the second. One that changed less than `quiet_ns` ago is not remembered. What was read longest ago is
    forgotten first."""

    def __init__(self, quiet_ns: int = _QUIET_NS) -> None:
        self._quiet_ns = quiet_ns
        self._known: dict[_Identity, str] = {}
        self._lock = threading.Lock()

    def of(self, place: str, status: os.stat_result) -> str:
        """Return the sha256 of a regular file's content, in hexadecimal."""
        identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self._known.get(identity)
        if known is None:
            known = file_digest(place, status)
            if time.time_ns() - status.st_ctime_ns > self._quiet_ns:
                self._remember(identity, known)
        return known

    def _remember(self, identity: _Identity, digest: str) -> None:
        with self._lock:
            self._known[identity] = digest
            if len(self._known) > _REMEMBERED:
                del self._known[next(iter(self._known))]


def file_digest(place: str, status: os.stat_result) -> str:
    """Return the sha256 of the content of the file that was seen there, in hexadecimal; one that is not large is read at once.

    Raises FileNotFoundError if there is another one by now."""
    descriptor = open_same(None, place, status)
    size = status.st_size
    try:
        if size < _LARGE:
            data = os.read(descriptor, size + 1)
            if len(data) <= size:
                return hashlib.sha256(data).hexdigest()
            os.lseek(descriptor, 0, os.SEEK_SET)
        with open(descriptor, "rb", closefd=False) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    finally:
        os.close(descriptor)
