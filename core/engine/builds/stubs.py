"""Mount points that a build step needs and its layer must not have."""

import contextlib
import os
import posixpath
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sdk.linux.openat import open_in_root
from sdk.linux.resolve import resolve_in_root

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY


@dataclass(frozen=True, slots=True)
class Stub:
    """A file or directory that was made, and its parent's time before and after that. `path` has no symlinks in it."""

    path: str
    parent_before_ns: int
    parent_after_ns: int


def make_stubs(root: int, targets: Iterable[tuple[str, bool]]) -> list[Stub]:
    """Make what is missing for mounts on `targets` (path, whether a directory) below a root; parents come before what is in them.

    Symlinks are followed inside the root, also those that lead to what does not exist yet.
    """
    return [stub for path, is_directory in targets for stub in _make_target(root, path, is_directory=is_directory)]


def remove_stubs(root: int, stubs: Iterable[Stub]) -> None:
    """Remove what is still empty, the last made first, and give directories that the step did not touch their times back."""
    for stub in reversed(list(stubs)):
        head, name = posixpath.split(stub.path)
        with contextlib.suppress(OSError):
            parent = open_in_root(root, head, _DIRECTORY)
            try:
                now = os.fstat(parent).st_mtime_ns
                if _remove_empty(parent, name):
                    time = stub.parent_before_ns if now == stub.parent_after_ns else now
                    os.utime(parent, ns=(time, time))
            finally:
                os.close(parent)


def _make_target(root: int, path: str, *, is_directory: bool) -> Iterator[Stub]:
    if not _exists(root, path):
        yield from _make(root, resolve_in_root(root, path), is_directory=is_directory)


def _make(root: int, path: str, *, is_directory: bool) -> Iterator[Stub]:
    if path in ("/", ".", "") or _exists(root, path):
        return
    head, name = posixpath.split(path)
    yield from _make(root, head, is_directory=True)
    parent = open_in_root(root, head, _DIRECTORY)
    try:
        before = os.fstat(parent).st_mtime_ns
        if is_directory:
            os.mkdir(name, 0o755, dir_fd=parent)
        else:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o755, dir_fd=parent))
        yield Stub(path, before, os.fstat(parent).st_mtime_ns)
    finally:
        os.close(parent)


def _exists(root: int, path: str) -> bool:
    try:
        os.close(open_in_root(root, path, os.O_PATH))
    except OSError:
        return False
    return True


def _remove_empty(parent: int, name: str) -> bool:
    """Remove an empty file or directory; return whether it was one."""
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        os.rmdir(name, dir_fd=parent)
    elif stat.S_ISREG(status.st_mode) and status.st_size == 0:
        os.unlink(name, dir_fd=parent)
    else:
        return False
    return True
