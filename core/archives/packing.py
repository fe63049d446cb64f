"""Packing files into a tar that goes down a pipe, in memory that does not grow with them.

Runs only in a process of its own that has changed its root first (`pack_main.py`): a container may exchange a directory for a symlink
while it is walked.
"""

import errno
import os
import stat
from collections.abc import Sequence

from core.archives import whiteouts
from core.archives.header_writing import END, NEVER_NS, file_header, hardlink_header, has_header, header, sparse_header
from core.archives.holes import Piece, data_pieces
from core.archives.tarstream import padding
from sdk.linux.regular import reopen_regular

_FLUSH = 1 << 18
_SMALL = 1 << 16
_SECOND = 1_000_000_000

_VANISHED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""What the kernel says of a name that is gone, or whose directory is: removed, or replaced by a file or by a link to itself."""

Inode = tuple[int, int]


class Packing:
    """One archive being written to a descriptor. Directories on `excluded` devices are packed without what is in them; times after
    `newest` (seconds) are told as that; `sparse` leaves the holes of files out, in a form that not every reader of tar knows. `size`
    counts bytes of files."""

    def __init__(
        self,
        output: int,
        excluded: frozenset[int] = frozenset(),
        newest: int | None = None,
        *,
        sparse: bool = False,
        links: int | None = None,
    ) -> None:
        """`links` are those of `descriptor_links`, for a process that has changed its root."""
        self._output = output
        self._excluded = excluded
        self._newest = NEVER_NS if newest is None else newest * _SECOND
        self._sparse = sparse
        self._opened_by = links
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
        except OSError as error:
            if error.errno not in _VANISHED:
                raise
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
        except OSError as error:
            if error.errno not in _VANISHED:
                raise
            return None
        return status

    def _member(self, path: bytes, name: bytes, status: os.stat_result) -> None:
        linked = status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode)
        first = self._links.get((status.st_dev, status.st_ino)) if linked else None
        if first is not None:
            self._put(hardlink_header(name, status, first, self._newest))
            return
        packed = self._file(path, name) if stat.S_ISREG(status.st_mode) else self._special(path, name, status)
        if linked:  # not before: other names of a file that has vanished meanwhile would be links to nothing
            self._links[packed.st_dev, packed.st_ino] = name

    def _special(self, path: bytes, name: bytes, status: os.stat_result) -> os.stat_result:
        target = _link_text(path) if stat.S_ISLNK(status.st_mode) else b""
        self._put(header(name, status, target, _xattrs(path), self._newest))
        return status

    def _file(self, path: bytes, name: bytes) -> os.stat_result:
        """Pack a regular file and return what it is: another one may be in its place since it was looked at."""
        descriptor = self._opened(path)
        try:
            status = os.fstat(descriptor)
            pieces = data_pieces(descriptor, status) if self._sparse else None
            if pieces is None:
                self._put(header(name, status, xattrs=_xattrs(descriptor), newest_ns=self._newest))
                self._content(descriptor, [(0, status.st_size)])
            else:
                self._put(sparse_header(name, status, pieces, _xattrs(descriptor), self._newest))
                self._content(descriptor, pieces)
            self.size += status.st_size
            return status
        finally:
            os.close(descriptor)

    def _opened(self, path: bytes) -> int:
        """Open what was a regular file a moment ago. A container may have put a device in its place: opening that would do something."""
        found = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(found).st_mode):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            return reopen_regular(found, os.fsdecode(path), self._opened_by)
        finally:
            os.close(found)

    def _content(self, descriptor: int, pieces: Sequence[Piece]) -> None:
        for offset, length in pieces:
            self._piece(descriptor, offset, length)
        self._put(bytes(padding(sum(length for _, length in pieces))))

    def _piece(self, descriptor: int, offset: int, length: int) -> None:
        """Write exactly `length` bytes: a file that grows is cut, one that shrinks is filled up with zeros."""
        end = offset + length
        if length <= _SMALL:
            content = os.pread(descriptor, length, offset)
            self._buffer += content
            offset += len(content)
        else:
            self._flush()
            while offset < end and (count := os.sendfile(self._output, descriptor, offset, end - offset)):
                offset += count
        while offset < end:
            zeros = min(end - offset, _FLUSH)
            self._put(bytes(zeros))
            offset += zeros

    def _put(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= _FLUSH:
            self._flush()

    def _flush(self) -> None:
        view = memoryview(bytes(self._buffer))
        self._buffer.clear()
        while view:
            view = view[os.write(self._output, view) :]


def _link_text(path: bytes) -> bytes:
    """Return where a symlink leads. Raises FileNotFoundError if something else is in its place by now."""
    try:
        return os.readlink(path)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error


def _xattrs(file: bytes | int) -> dict[bytes, bytes]:
    """Return a file's extended attributes but for those of the host: overlayfs' own and security labels other than capabilities."""
    follow = isinstance(file, int)
    try:
        names = [os.fsencode(name) for name in os.listxattr(file, follow_symlinks=follow)]
    except OSError:
        return {}
    wanted = (
        name for name in names if name == b"security.capability" or not name.startswith((whiteouts.PRIVATE_XATTRS, b"security."))
    )
    return {name: value for name in wanted if (value := _value(file, name, follow=follow)) is not None}


def _value(file: bytes | int, name: bytes, *, follow: bool) -> bytes | None:
    """Return an attribute's value, None if it has gone since it was listed."""
    try:
        return os.getxattr(file, name, follow_symlinks=follow)
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        return None
