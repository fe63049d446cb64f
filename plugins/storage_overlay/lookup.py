"""Reading a file through a stack of layers without mounting them."""

import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from plugins.storage_overlay.layers import merged

_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_MAX_SYMLINKS = 40


def read_file(stack: Sequence[Path], path: str, limit: int) -> bytes | None:
    """Return at most `limit` bytes of a regular file, or None if there is no such file. `stack` is topmost first."""
    with ExitStack() as opened:
        found = _Walk(opened, [_open(opened, directory) for directory in stack]).resolve(path)
        if found is None or not stat.S_ISREG(os.fstat(found).st_mode):
            return None
        with open(f"/proc/self/fd/{found}", "rb") as file:
            return file.read(limit)


class _Walk:
    """One lookup from the root. A place on the trail is the descriptors of the directories that are merged there."""

    def __init__(self, opened: ExitStack, root: list[int]) -> None:
        self._opened = opened
        self._trail = [root]
        self._symlinks = 0

    def resolve(self, path: str) -> int | None:
        """Return a descriptor (O_PATH) of the file at a path, symlinks followed; None for a directory, or nothing."""
        pending = path.split("/")[::-1]
        while pending:
            name = pending.pop()
            if name in ("", "."):
                continue
            if name == "..":
                self._trail[1:] = self._trail[1:-1]
                continue
            found = self._merged(name)
            kind = stat.S_IFMT(os.fstat(found[0]).st_mode) if found else 0
            if kind == stat.S_IFDIR:
                self._trail.append(found)
            elif kind == stat.S_IFLNK and self._symlinks < _MAX_SYMLINKS:
                pending += self._target(found[0])
            else:
                return found[0] if found and not any(pending) else None
        return None

    def _merged(self, name: str) -> list[int]:
        found = merged(self._trail[-1], name)
        for descriptor in found:
            self._opened.callback(os.close, descriptor)
        return found

    def _target(self, symlink: int) -> list[str]:
        """Return the components of a symlink's text, the last one first; an absolute one starts again at the root."""
        self._symlinks += 1
        text = os.readlink("", dir_fd=symlink)
        if text.startswith("/"):
            del self._trail[1:]
        return text.split("/")[::-1]


def _open(opened: ExitStack, path: Path) -> int:
    descriptor = os.open(path, _DIRECTORY)
    opened.callback(os.close, descriptor)
    return descriptor
