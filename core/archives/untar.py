"""Unpacking a tar below the current root directory.

Runs only in a process of its own that has changed its root first (`untar_main.py`), so no name, symlink or hard link in an archive
can lead out of it.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field

from core.archives import whiteouts
from core.archives.filetree import IsMount, make_parents, remove_tree
from core.archives.headers import BLOCKDEV, CHARACTER, DIRECTORY, FIFO, HARDLINK, REGULAR, SYMLINK, Entry, entries
from core.archives.metadata import Metadata, finish_directory, set_time, set_xattrs
from core.archives.tarstream import TarStream

_DEVICE_BITS = {CHARACTER: stat.S_IFCHR, BLOCKDEV: stat.S_IFBLK, FIFO: stat.S_IFIFO}
_PATH_MAX = 4096
_SHOWN = 256
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Policy:
    """How to unpack. `layer` gives whiteouts their meaning, `owner` replaces the owners in the archive, and `keep_kinds` refuses to
    replace a directory by something else or the reverse. `shown_directory` is what messages call the current directory. `root_entry`
    says that the archive's own root (`./`) is that directory and gives it owner, mode, times and attributes; a layer's always does.
    `algorithm` is that of a layer's diffID."""

    layer: bool = False
    owner: tuple[int, int] | None = None
    keep_kinds: bool = False
    shown_directory: str = "/"
    root_entry: bool = False
    algorithm: str = "sha256"


class Refused(Exception):
    """The archive asks for something that must not be done."""


@dataclass(slots=True)
class Unpacking:
    """One archive being unpacked into the current directory. `size` counts bytes of files; `is_mount` tells names that stay
    what they are, as does the tree they are in."""

    stream: TarStream
    policy: Policy
    is_mount: IsMount | None = None
    size: int = 0
    _directories: dict[bytes, Metadata] = field(default_factory=dict)

    def run(self) -> None:
        """Unpack everything. Raises TarError, Refused, OSError with the member's name."""
        os.umask(0)
        for entry in entries(self.stream):
            name = confined(entry.name)
            try:
                self._apply(entry, name)
            except OSError as error:
                raise self._named(error, name, entry.linkname if entry.kind == HARDLINK else None) from None
        for name, metadata in reversed(self._directories.items()):
            try:
                finish_directory(name or b".", *metadata)
            except OSError as error:
                raise self._named(error, name) from None

    def _named(self, error: OSError, name: bytes, target: bytes | None = None) -> OSError:
        """Return the kernel's error with the member's name, and that of a hard link's target before it. One of a decompressor has neither."""
        if not error.errno:
            return error
        names = (self._shown(name),) if target is None else (self._shown(confined(target)), None, self._shown(name))
        return OSError(error.errno, os.strerror(error.errno), *names)

    def _apply(self, entry: Entry, name: bytes) -> None:
        if len(name) >= _PATH_MAX:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        parent, _, last = name.rpartition(b"/")
        if self.policy.layer and last.startswith(whiteouts.PREFIX):
            self._whiteout(parent, last)
            self._skip(entry)
        elif entry.kind == REGULAR:
            self._file(entry, name)
        else:
            self._skip(entry)
            if make := _MAKERS.get(entry.kind):
                make(self, entry, name)

    def _skip(self, entry: Entry) -> None:
        if entry.size:
            self.stream.skip(entry.size)
            self.stream.pad(entry.size)

    def _whiteout(self, parent: bytes, last: bytes) -> None:
        if last == whiteouts.OPAQUE:
            make_parents(parent + b"/.", clear=True) if parent else None
            whiteouts.make_opaque(parent or b".")
        elif not last.startswith(whiteouts.RESERVED) and (hidden := last[len(whiteouts.PREFIX) :]) not in (b"", b".", b".."):
            path = parent + b"/" + hidden if parent else hidden
            _with_parents(path, lambda: whiteouts.make_whiteout(path))

    def _file(self, entry: Entry, name: bytes) -> None:
        descriptor = self._make(name, lambda: os.open(name, _CREATE, entry.mode & 0o777), directory=False)
        try:
            self._write(entry, descriptor)
            self._finish(entry, descriptor)
            os.utime(descriptor, ns=(entry.mtime_ns, entry.mtime_ns))
        finally:
            os.close(descriptor)

    def _write(self, entry: Entry, descriptor: int) -> None:
        if entry.sparse is not None:
            self._write_sparse(entry, entry.sparse, descriptor)
        else:
            for piece in self.stream.pieces(entry.size):
                write_all(descriptor, piece)
        self.stream.pad(entry.size)
        self.size += entry.real_size

    def _write_sparse(self, entry: Entry, pieces: list[tuple[int, int]], descriptor: int) -> None:
        os.ftruncate(descriptor, entry.real_size)
        for offset, length in pieces:
            os.lseek(descriptor, offset, os.SEEK_SET)
            for piece in self.stream.pieces(length):
                write_all(descriptor, piece)

    def _directory(self, entry: Entry, name: bytes) -> None:
        """Make a directory that is still plain: a set-group-ID bit or a default ACL would be passed on to what is made in it."""
        if name:
            self._make_directory(name)
        elif not (self.policy.layer or self.policy.root_entry):
            return
        self._directories[name] = (*self._owner(entry), entry.mode, entry.mtime_ns, entry.xattrs)

    def _make_directory(self, name: bytes) -> None:
        def make() -> None:
            try:
                os.mkdir(name, 0o700)
            except FileExistsError:
                if not stat.S_ISDIR(os.lstat(name).st_mode):
                    raise

        hides = self.policy.layer and _has_whiteout(name)
        self._make(name, make, directory=True)
        if hides:
            whiteouts.make_opaque(name)

    def _symlink(self, entry: Entry, name: bytes) -> None:
        self._make(name, lambda: os.symlink(entry.linkname, name), directory=False)
        self._finish(entry, name)
        set_time(name, entry.mtime_ns)

    def _hardlink(self, entry: Entry, name: bytes) -> None:
        target = confined(entry.linkname)
        if target != name:
            self._make(name, lambda: os.link(target, name, follow_symlinks=False), directory=False)

    def _device(self, entry: Entry, name: bytes) -> None:
        mode = _DEVICE_BITS[entry.kind] | entry.mode
        self._make(name, lambda: os.mknod(name, mode, os.makedev(entry.major, entry.minor)), directory=False)
        self._finish(entry, name)
        set_time(name, entry.mtime_ns)

    def _make(self, name: bytes, make: "Callable[[], int | None]", *, directory: bool) -> int:
        """Call `make`; make missing parents, or remove what is in the way, and call it again."""
        try:
            return make() or 0
        except FileNotFoundError:
            make_parents(name)
        except (FileExistsError, NotADirectoryError):
            self._clear(name, directory=directory)
        return make() or 0

    def _clear(self, name: bytes, *, directory: bool) -> None:
        make_parents(name, clear=self.policy.layer)
        try:
            status = os.lstat(name)
        except FileNotFoundError:
            return
        is_directory = stat.S_ISDIR(status.st_mode)
        if self.policy.keep_kinds and is_directory != directory:
            old, new = ("directory", "non-directory") if is_directory else ("non-directory", "directory")
            raise Refused(f'cannot overwrite {old} "{self._shown(name)}" with {new} "{self.policy.shown_directory}"')
        remove_tree(name, self.is_mount)

    def _finish(self, entry: Entry, target: bytes | int) -> None:
        """Set owner, then mode (a change of owner clears set-user-ID), then xattrs (and capabilities)."""
        uid, gid = self._owner(entry)
        if uid or gid or not self.policy.layer:  # in a new layer everything is root's until then
            os.chown(target, uid, gid, follow_symlinks=isinstance(target, int))
        if entry.mode & 0o7000 and entry.kind != SYMLINK:
            os.chmod(target, entry.mode)
        if entry.xattrs:
            set_xattrs(target, entry.xattrs)

    def _shown(self, name: bytes) -> str:
        return os.path.join(self.policy.shown_directory, os.fsdecode(name[:_SHOWN]))

    def _owner(self, entry: Entry) -> tuple[int, int]:
        return self.policy.owner or (entry.uid, entry.gid)


_MAKERS: dict[bytes, Callable[[Unpacking, Entry, bytes], None]] = {
    DIRECTORY: Unpacking._directory,
    SYMLINK: Unpacking._symlink,
    HARDLINK: Unpacking._hardlink,
    CHARACTER: Unpacking._device,
    BLOCKDEV: Unpacking._device,
    FIFO: Unpacking._device,
}


def confined(name: bytes) -> bytes:
    """Return a member's name relative to the root, without empty, `.` and `..` components; b"" is the root itself."""
    if b"/." not in name and b"//" not in name and name[:1] not in (b"/", b".") and name[-1:] != b"/":
        return name
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def write_all(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _with_parents(path: bytes, make: Callable[[], None]) -> None:
    try:
        make()
    except (FileNotFoundError, NotADirectoryError):
        make_parents(path, clear=True)
        make()


def _has_whiteout(name: bytes) -> bool:
    try:
        return whiteouts.is_whiteout(os.lstat(name))
    except (FileNotFoundError, NotADirectoryError):
        return False
