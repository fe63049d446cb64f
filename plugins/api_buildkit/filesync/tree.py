"""A directory tree being brought to what a client has: what is new or changed is asked for, what is gone is removed.

Nothing here waits: packets go in by the batch, in a thread, and the IDs of wanted files come out.
"""

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec

from plugins.api_buildkit.filesync import modes
from plugins.api_buildkit.proto.fsutil_pb2 import Packet, Stat
from sdk.errors import DataLoss, InvalidArgument

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a path; equal entries mean an unchanged file."""

    mode: int
    uid: int
    gid: int
    size: int
    mod_time: int
    linkname: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: dict[str, bytes] = {}


class Tree:
    """A directory that receives. `index` tells what it holds already; it must be true."""

    def __init__(self, root: Path, index: dict[str, Entry] | None = None) -> None:
        self._root = str(root)
        self._old = index or {}
        self.index: dict[str, Entry] = {}
        self.received = 0
        self._count = 0
        self._listed = False
        self._files: dict[int, str] = {}
        self._open: dict[int, int] = {}
        self._directories: list[str] = []
        self._links: list[str] = []

    @property
    def complete(self) -> bool:
        """Whether everything is listed and all that was wanted is here."""
        return self._listed and not self._files

    def take(self, packets: Iterable[Packet]) -> list[int]:
        """Work through packets; return the IDs of files whose content is wanted.

        Raises InvalidArgument for a path that leads astray, DataLoss for what the sender could not read.
        """
        wanted: list[int] = []
        for packet in packets:
            match packet.type:
                case Packet.PACKET_STAT if packet.HasField("stat"):
                    self._stat(packet.stat, wanted)
                case Packet.PACKET_STAT:
                    self._listed = True
                case Packet.PACKET_DATA:
                    self._data(packet.id, packet.data)
                case Packet.PACKET_ERR:
                    raise DataLoss(f"error from sender: {packet.data.decode(errors='replace')}")
        return wanted

    def finish(self) -> None:
        """Remove what the client no longer has, link what it has linked, and set the directories' times."""
        for path in self._old.keys() - self.index.keys():
            if self._is_directory(path.rpartition("/")[0]):  # else it went with its parent, or a link stands there now
                self._remove(self._at(path))
        for path in self._links:
            self._link(path)
        for path in self._directories:
            times = (self.index[path].mod_time,) * 2
            os.utime(self._at(path), ns=times, follow_symlinks=False)

    def close(self) -> None:
        """Close files whose content did not come; idempotent."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    # Entries ---------------------------------------------------------------------------------------------------------

    def _stat(self, message: Stat, wanted: list[int]) -> None:
        number, self._count = self._count, self._count + 1
        path, entry = self._checked(message.path), _entry(message)
        self.index[path] = entry
        if entry.mode & modes.DIRECTORY:
            self._directories.append(path)
        if entry.linkname and not entry.mode & modes.TYPE:
            self._links.append(path)
        elif self._old.get(path) != entry:
            self._make(path, entry, number, wanted)

    def _checked(self, path: str) -> str:
        """Return the path if nothing but directories listed before leads there."""
        parent, _, name = path.rpartition("/")
        if name in ("", ".", "..") or path in self.index or "\0" in path:
            raise InvalidArgument(f"the client sent an invalid path: {path!r}")
        if not self._is_directory(parent):
            raise InvalidArgument(f"the client sent an invalid path: {path!r}")
        return path

    def _is_directory(self, path: str) -> bool:
        return not path or (path in self.index and bool(self.index[path].mode & modes.DIRECTORY))

    def _make(self, path: str, entry: Entry, number: int, wanted: list[int]) -> None:
        at, kind = self._at(path), entry.mode & modes.TYPE
        was = self._old.get(path)
        if was is not None and not (kind & modes.DIRECTORY and was.mode & modes.DIRECTORY):
            self._remove(at)
            was = None
        if kind & modes.DIRECTORY:
            if was is None:
                os.mkdir(at, 0o700)
        elif kind & modes.SYMLINK:
            os.symlink(entry.linkname, at)
        elif kind & (modes.DEVICE | modes.NAMED_PIPE | modes.SOCKET):
            _make_node(at, entry)
        else:
            self._files[number] = path
            wanted.append(number)
            return
        _dress(at, entry)

    def _data(self, number: int, data: bytes) -> None:
        if number not in self._files:
            raise InvalidArgument(f"the client sent a file that nobody asked for: {number}")
        path = self._files[number]
        descriptor = self._open.get(number)
        if descriptor is None:
            descriptor = self._open[number] = os.open(self._at(path), _CREATE, 0o600)
        if data:
            self.received += len(data)
            _write(descriptor, data)
            return
        os.close(self._open.pop(number))
        del self._files[number]
        _dress(self._at(path), self.index[path])

    def _link(self, path: str) -> None:
        target = self.index[path].linkname
        if target not in self.index or self.index[target].mode & modes.TYPE:
            raise InvalidArgument(f"the client sent an invalid link: {path!r} to {target!r}")
        at = self._at(path)
        if os.path.lexists(at):
            self._remove(at)
        os.link(self._at(target), at, follow_symlinks=False)

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _remove(self, at: str) -> None:
        try:
            mode = os.lstat(at).st_mode
        except FileNotFoundError:
            return
        if stat.S_ISDIR(mode):
            shutil.rmtree(at)
        else:
            os.unlink(at)


def _entry(message: Stat) -> Entry:
    return Entry(
        message.mode,
        message.uid,
        message.gid,
        0 if message.mode & modes.DIRECTORY else message.size,
        message.mod_time,
        message.linkname,
        (message.devmajor, message.devminor),
        dict(message.xattrs),
    )


def _make_node(at: str, entry: Entry) -> None:
    kind = stat.S_IFBLK
    if entry.mode & modes.NAMED_PIPE:
        kind = stat.S_IFIFO
    elif entry.mode & modes.SOCKET:
        kind = stat.S_IFSOCK
    elif entry.mode & modes.CHARACTER_DEVICE:
        kind = stat.S_IFCHR
    os.mknod(at, kind | 0o600, os.makedev(*entry.device))


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _dress(at: str, entry: Entry) -> None:
    """Give a path the owner, mode, attributes and time it shall have; the order matters: chown drops set-ID bits and capabilities."""
    os.chown(at, entry.uid, entry.gid, follow_symlinks=False)
    for name, value in entry.xattrs.items():
        os.setxattr(at, name, value, follow_symlinks=False)
    if not entry.mode & modes.SYMLINK:
        os.chmod(at, modes.permissions(entry.mode))
    os.utime(at, ns=(entry.mod_time, entry.mod_time), follow_symlinks=False)
