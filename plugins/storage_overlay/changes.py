"""What a container changed: a walk of its upper directory, since all that is in there was changed."""

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from plugins.storage_overlay.layers import merged, names
from sdk.drivers.storage import Change, ChangeKind
from sdk.storage.whiteouts import is_opaque, is_whiteout

_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def upper_changes(stack: Sequence[Path]) -> list[Change]:
    """Return how the topmost directory of a stack differs from the rest, sorted by path."""
    with contextlib.ExitStack() as opened:
        upper, *lowers = (os.open(directory, _DIRECTORY) for directory in stack)
        for descriptor in (upper, *lowers):
            opened.callback(os.close, descriptor)
        return sorted(_directory_changes(upper, lowers, ""), key=lambda change: change.path)


def _directory_changes(upper: int, lowers: Sequence[int], path: str) -> Iterator[Change]:
    present = names(upper)
    for name in present:
        with _merged(lowers, name) as below, contextlib.suppress(FileNotFoundError):
            yield from _changes(upper, name, below, f"{path}/{name}")
    if is_opaque(upper):
        for name in {name for lower in lowers for name in names(lower)}.difference(present):
            with _merged(lowers, name) as below:
                if below:
                    yield Change(f"{path}/{name}", ChangeKind.DELETED)


def _changes(upper: int, name: str, below: Sequence[int], path: str) -> Iterator[Change]:
    status = os.stat(name, dir_fd=upper, follow_symlinks=False)
    if is_whiteout(status):
        if below:
            yield Change(path, ChangeKind.DELETED)
    elif not stat.S_ISDIR(status.st_mode):
        yield Change(path, ChangeKind.MODIFIED if below else ChangeKind.ADDED)
    else:
        directory = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=upper)
        try:
            yield from _tree_changes(directory, status, below, path)
        finally:
            os.close(directory)


def _tree_changes(directory: int, status: os.stat_result, below: Sequence[int], path: str) -> Iterator[Change]:
    """A directory is in the upper already when something in it was opened for writing; that alone is no change."""
    if not below:
        yield Change(path, ChangeKind.ADDED)
        yield from _directory_changes(directory, (), path)
        return
    was = os.fstat(below[0])
    inner = list(_directory_changes(directory, below if stat.S_ISDIR(was.st_mode) else (), path))
    if inner or _identity(was) != _identity(status):
        yield Change(path, ChangeKind.MODIFIED)
    yield from inner


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns


@contextlib.contextmanager
def _merged(directories: Sequence[int], name: str) -> Iterator[list[int]]:
    found = merged(directories, name)
    try:
        yield found
    finally:
        for descriptor in found:
            os.close(descriptor)
