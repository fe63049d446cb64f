"""Finding out what changed by comparing two trees."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sdk.drivers.storage import Change, ChangeKind


def tree_changes(tree: Path, parent: Path | None) -> list[Change]:
    """Return how `tree` differs from `parent` (None: an empty one), sorted by path, as `StorageDriver.changes` does.

    Contents are not read: a file differs by its size, modification time, owner, mode, device, links or xattrs.
    """
    found = _changes(str(tree), str(parent) if parent else None, "")
    return sorted(found, key=lambda change: change.path)


def _changes(tree: str, parent: str | None, path: str) -> Iterator[Change]:
    now, was = _entries(tree), _entries(parent) if parent else {}
    for name in was.keys() - now.keys():
        yield Change(f"{path}/{name}", ChangeKind.DELETED)
    for name, status in now.items():
        below = was.get(name)
        inner: list[Change] = []
        if stat.S_ISDIR(status.st_mode):
            both = below is not None and stat.S_ISDIR(below.st_mode)
            inner = list(_changes(f"{tree}/{name}", f"{parent}/{name}" if both else None, f"{path}/{name}"))
        if below is None:
            yield Change(f"{path}/{name}", ChangeKind.ADDED)
        elif inner or _differs(f"{tree}/{name}", status, f"{parent}/{name}", below):
            yield Change(f"{path}/{name}", ChangeKind.MODIFIED)
        yield from inner


def _entries(directory: str) -> dict[str, os.stat_result]:
    with os.scandir(directory) as found:
        return {entry.name: entry.stat(follow_symlinks=False) for entry in found}


def _differs(path: str, status: os.stat_result, parent_path: str, parent: os.stat_result) -> bool:
    return _identity(status) != _identity(parent) or _xattrs(path) != _xattrs(parent_path)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    """Return what tells two versions apart without reading them. A directory's time and links only repeat what its entries say."""
    common = (status.st_mode, status.st_uid, status.st_gid, status.st_rdev)
    return common if stat.S_ISDIR(status.st_mode) else (*common, status.st_nlink, status.st_size, status.st_mtime_ns)


def _xattrs(path: str) -> dict[str, bytes]:
    names = os.listxattr(path, follow_symlinks=False)
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}
