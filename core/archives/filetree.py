"""Making and removing directories while an archive is unpacked, without ever following a symlink at the end of a name."""

import errno
import os


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


def remove_tree(path: bytes) -> None:
    """Remove whatever a name stands for, without following symlinks."""
    pending = [path]
    while pending:
        try:
            _remove(pending[-1])
            pending.pop()
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            with os.scandir(pending[-1]) as found:
                pending += [child.path for child in found]


def _remove(path: bytes) -> None:
    try:
        os.unlink(path)
    except IsADirectoryError:
        os.rmdir(path)
