"""Resolving names below a directory as if that were the root, also names of what does not exist yet."""

import os
import posixpath
import stat

from sdk.linux.openat import open_in_root

_MAX_SYMLINKS = 40
"""As many as the kernel follows in one path (path_resolution(7))."""


def resolve_in_root(root: int, path: str) -> str:
    """Return an absolute path with its symlinks resolved, also the last; what does not exist stays as it is written.

    Neither `..` nor any symlink leads out of the root. After 40 symlinks the rest stays as it is written, too.
    """
    done, pending, symlinks = "/", path.split("/")[::-1], 0
    while pending:
        step = posixpath.normpath(posixpath.join(done, pending.pop()))
        target = _readlink(root, step) if symlinks < _MAX_SYMLINKS else None
        if target is None:
            done = step
            continue
        symlinks += 1
        pending += target.split("/")[::-1]
        if target.startswith("/"):
            done = "/"
    return done


def _readlink(root: int, path: str) -> str | None:
    try:
        found = open_in_root(root, path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return os.readlink("", dir_fd=found) if stat.S_ISLNK(os.fstat(found).st_mode) else None
    finally:
        os.close(found)
