"""How much a tree takes."""

import contextlib
import os
import stat
from pathlib import Path

from sdk.drivers.storage import Usage


def tree_usage(root: Path) -> Usage:
    """Return the sum of file sizes below a directory and the number of inodes, hard links counted once. What vanishes meanwhile, or
    lies too deep to be named, is left out."""
    sizes: dict[tuple[int, int], int] = {}
    pending = [str(root)]
    while pending:
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as found:
            for entry in found:
                status = entry.stat(follow_symlinks=False)
                sizes[status.st_dev, status.st_ino] = status.st_size if stat.S_ISREG(status.st_mode) else 0
                if stat.S_ISDIR(status.st_mode):
                    pending.append(entry.path)
    return Usage(sum(sizes.values()), len(sizes))
