"""Packing files into a tar that goes down a pipe, in memory that does not grow with them.

Runs only in a process of its own that has changed its root first (`pack_main.py`): a container may exchange a directory for a symlink
while it is walked.
"""

import os
import stat

from core.images import whiteouts
from core.images.tarheaders import padding
from core.images.tarwrite import END, file_header, has_header, header

_FLUSH = 1 << 18
_SMALL = 1 << 16
_NEVER = 0o77777777777

Inode = tuple[int, int]


class Packing:
    """One archive being written to a descriptor. Directories on `excluded` devices are packed without what is in them; times after
    `newest` (seconds) are told as that. `size` counts bytes of files."""

    def __init__(self, output: int, excluded: frozenset[int] = frozenset(), newest: int = _NEVER) -> None:
        self._output = output
        self._excluded = excluded
        self._newest = newest
        self.size = 0
        self._buffer = bytearray()
        self._links: dict[Inode, bytes] = {}

    def tree(self, path: bytes, name: bytes) -> None:
        """Pack a file, or a directory with all that is in it, under another name; an empty one stands for the current directory, which
        is then not packed itself. What vanishes meanwhile is left out."""
        pending = [(path, name)]
        while pending:
            path, name = pending.pop()
            status = self._one(path, name)
            if status and stat.S_ISDIR(status.st_mode) and status.st_dev not in self._excluded:
                pending += self._children(path, name)

    def change(self, change: bytes, root: bytes = b"") -> None:
        """Pack one path alone, or with a `-` in front the whiteout of one. Paths are absolute, names in the archive relative.

        Files are looked for below the current directory, or below `root` (with a slash at its end) where nothing changes meanwhile.
        """
        name = change[1:].lstrip(b"/")
        if change.startswith(b"-"):
            parent, slash, last = name.rpartition(b"/")
            self._put(file_header(parent + slash + whiteouts.PREFIX + last, 0))
        else:
            self._one(root + name, name)

    def finish(self) -> None:
        """Close the archive."""
        self._put(END)
        self._flush()

    def _children(self, path: bytes, name: bytes) -> list[tuple[bytes, bytes]]:
        try:
            entries = sorted(os.listdir(path), reverse=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        prefix = name if name.endswith(b"/") or not name else name + b"/"
        return [(path + b"/" + entry, prefix + entry) for entry in entries]

    def _one(self, path: bytes, name: bytes) -> os.stat_result | None:
        try:
            status = os.lstat(path)
            if not has_header(status.st_mode):
                return None
            if name:
                self._member(path, name, status)
        except FileNotFoundError:
            return None
        return status

    def _member(self, path: bytes, name: bytes, status: os.stat_result) -> None:
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFREG:
            self._file(path, name, status)
        else:
            target = os.readlink(path) if kind == stat.S_IFLNK else b""
            self._put(header(name, status, target, _xattrs(path), self._newest))

    def _file(self, path: bytes, name: bytes, status: os.stat_result) -> None:
        if status.st_nlink > 1:
            first = self._links.setdefault((status.st_dev, status.st_ino), name)
            if first != name:
                self._put(header(name, status, first, newest=self._newest))
                return
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            self._put(header(name, status, xattrs=_xattrs(path), newest=self._newest))
            self.size += status.st_size
            self._content(descriptor, status.st_size)
        finally:
            os.close(descriptor)

    def _content(self, descriptor: int, size: int) -> None:
        """Write exactly `size` bytes: a file that grows is cut, one that shrinks is filled up with zeros."""
        left = size
        if size <= _SMALL:
            content = os.read(descriptor, size)
            self._buffer += content
            left -= len(content)
        else:
            self._flush()
            while left and (count := os.sendfile(self._output, descriptor, size - left, left)):
                left -= count
        while left > _FLUSH:
            self._put(bytes(_FLUSH))
            left -= _FLUSH
        self._put(bytes(left + padding(size)))

    def _put(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= _FLUSH:
            self._flush()

    def _flush(self) -> None:
        view = memoryview(bytes(self._buffer))
        self._buffer.clear()
        while view:
            view = view[os.write(self._output, view) :]


def _xattrs(path: bytes) -> dict[bytes, bytes]:
    """Return a file's extended attributes but for those of the host: overlayfs' own and security labels other than capabilities."""
    try:
        names = [os.fsencode(name) for name in os.listxattr(path, follow_symlinks=False)]
    except OSError:
        return {}
    wanted = [
        name for name in names if not name.startswith((whiteouts.PRIVATE_XATTRS, b"security.")) or name == b"security.capability"
    ]
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in wanted}
