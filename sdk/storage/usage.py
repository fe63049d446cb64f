"""How much a tree takes."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sdk.drivers.storage import Usage

_SECTOR = 512
"""The unit of st_blocks (stat(2)), whatever the file system's own blocks are."""


def tree_usage(root: Path, *, without: str = "") -> Usage:
    """Return the sum of file sizes below a directory, the number of inodes there, hard links counted once, and the bytes allocated for
    it, itself included; the entry `without` of it does not count. What vanishes meanwhile, or lies too deep to be named, is left out."""
    sizes: dict[tuple[int, int], int] = {}
    disk = 0
    with contextlib.suppress(FileNotFoundError):
        disk = allocated(os.lstat(root))
    for status in _entries(str(root), without):
        identity = status.st_dev, status.st_ino
        if identity not in sizes:
            sizes[identity] = status.st_size if stat.S_ISREG(status.st_mode) else 0
            disk += allocated(status)
    return Usage(sum(sizes.values()), len(sizes), disk)


def files_allocated(*roots: Path) -> int:
    """Return the bytes allocated for what is no directory below some directories; what vanishes meanwhile is left out."""
    found = (status for root in roots for status in _entries(str(root), ""))
    return sum(allocated(status) for status in found if not stat.S_ISDIR(status.st_mode))


def _entries(root: str, without: str) -> Iterator[os.stat_result]:
    pending = [root]
    while pending:
        directory = pending.pop()
        with contextlib.suppress(OSError), os.scandir(directory) as found:
            for entry in found:
                if without and directory == root and entry.name == without:
                    continue
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        pending.append(entry.path)
                    yield status


def allocated(status: os.stat_result) -> int:
    """Return the bytes a file takes on disk."""
    return status.st_blocks * _SECTOR
