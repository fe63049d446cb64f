"""Making and removing directories while an archive is unpacked, without ever following a symlink at the end of a name."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress

IsMount = Callable[[bytes], bool]
"""Tells whether a name is that of a mount."""


def make_parents(name: bytes, *, clear: bool = False) -> None:
    """Make the directories a name needs; with `clear` whatever else is in their place goes away."""
    missing = []
    parent = name.rpartition(b"/")[0]
    while parent and not os.path.isdir(parent):
        missing.append(parent)
        parent = parent.rpartition(b"/")[0]
    for directory in reversed(missing):
        if clear and os.path.lexists(directory):
            remove_tree(directory)
        os.mkdir(directory, 0o755)


def remove_tree(path: bytes, is_mount: IsMount | None = None) -> None:
    """Remove whatever a name stands for, without following symlinks.

    With `is_mount` a mount, and a tree that has one, stays as it is: to remove a mount's name from another mount namespace would take the
    mount away from its container, and the files in it are not the tree's. Raises OSError, with EBUSY for a mount.
    """
    if is_mount:
        _refuse_mounts(path, is_mount)
    pending = [path]
    while pending:
        if is_mount:
            _refuse_mount(pending[-1], is_mount)  # one that came since
        try:
            _remove(pending[-1])
            pending.pop()
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            with os.scandir(pending[-1]) as found:
                pending += [child.path for child in found]


def _refuse_mounts(path: bytes, is_mount: IsMount) -> None:
    _refuse_mount(path, is_mount)
    pending = [] if os.path.islink(path) else [path]
    while pending:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(pending.pop()) as found:
            for child in found:
                _refuse_mount(child.path, is_mount)
                if child.is_dir(follow_symlinks=False):
                    pending.append(child.path)


def _refuse_mount(path: bytes, is_mount: IsMount) -> None:
    if is_mount(path):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)


def _remove(path: bytes) -> None:
    try:
        os.unlink(path)
    except IsADirectoryError:
        os.rmdir(path)
