"""Copying into a workspace. Names are resolved inside its root; nothing runs in it meanwhile."""

import os
import posixpath
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from plugins.builder_dockerfile.files.modes import ModeChange
from plugins.builder_dockerfile.files.tree import Entry
from sdk.errors import BuildFailed
from sdk.linux.openat import open_in_root
from sdk.linux.regular import open_same, pinned
from sdk.linux.resolve import resolve_in_root

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY
_SMALL = 1 << 16
_OPEN_AT_ONCE = 64
"""Directories of a tree may be more than a process may open files."""
_PRIVATE = ("trusted.", "security.selinux", "security.ima", "security.evm", "system.posix_acl")


@dataclass(frozen=True, slots=True)
class Dress:
    """What copied files wear: an owner (None: their own), a change of mode, and whether those without `--chown` keep theirs."""

    owner: tuple[int, int] | None = None
    mode: ModeChange | None = None


@dataclass(slots=True)
class Copier:
    """Copies into one root (a descriptor)."""

    root: int
    dress: Dress = field(default_factory=Dress)
    _opened: dict[str, int] = field(default_factory=dict)
    _times: dict[str, int] = field(default_factory=dict)

    def close(self) -> None:
        """Give copied directories their times and close what is open."""
        for path, mtime in reversed(self._times.items()):
            os.utime(self.directory(path), ns=(mtime, mtime))
        for descriptor in self._opened.values():
            os.close(descriptor)
        self._opened.clear()

    def is_directory(self, path: str) -> bool:
        """Tell whether a path is a directory, symlinks followed."""
        try:
            os.close(open_in_root(self.root, path, os.O_PATH | os.O_DIRECTORY))
        except OSError:
            return False
        return True

    def followed(self, path: str) -> str:
        """Return a path with its symlinks followed inside the root, also the last, and also to what does not exist."""
        return resolve_in_root(self.root, path)

    def directory(self, path: str) -> int:
        """Return a descriptor of a directory, made with its parents if it is missing; open until many others were asked for."""
        path = posixpath.normpath(path)
        known = self._opened.pop(path, None)
        self._opened[path] = self._open(path) if known is None else known
        if len(self._opened) > _OPEN_AT_ONCE:
            os.close(self._opened.pop(next(iter(self._opened))))
        return self._opened[path]

    def _open(self, path: str) -> int:
        try:
            return open_in_root(self.root, path, _DIRECTORY)
        except FileNotFoundError:
            return self._make(self.followed(path))
        except NotADirectoryError:
            raise BuildFailed(f"cannot copy to non-directory: {path}") from None
        except OSError as error:
            raise BuildFailed(f"open {path}: {os.strerror(error.errno or 0).lower()}") from error

    def _make(self, path: str) -> int:
        """Make a directory whose path has no symlinks in it: one that leads nowhere is followed to where it would."""
        head, name = posixpath.split(path)
        parent = self.directory(head)
        os.mkdir(name, 0o755, dir_fd=parent)
        made = os.open(name, _DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        os.chmod(made, 0o755)
        if self.dress.owner:
            os.chown(made, *self.dress.owner)
        return made

    def tree(self, entries: Iterable[Entry], target: str, skip: Callable[[str], bool]) -> None:
        """Copy a walk: its first entry becomes `target`, a directory's content is merged into what is there."""
        for entry in entries:
            if not (entry.name and skip(entry.name)):
                self.entry(entry, posixpath.join(target, entry.name) if entry.name else target)

    def entry(self, entry: Entry, target: str) -> None:
        """Copy one file, or a directory without what is in it."""
        kind = stat.S_IFMT(entry.status.st_mode)
        if kind == stat.S_IFDIR:
            self._directory(entry, target)
            return
        head, name = posixpath.split(posixpath.normpath(target))
        parent = self.directory(head)
        if kind == stat.S_IFREG:
            self._file(entry, parent, name, target)
            return
        self._clear(parent, name, target)
        if kind == stat.S_IFLNK:
            os.symlink(os.readlink(entry.place), name, dir_fd=parent)
            self._own(entry, lambda uid, gid: os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False))
            _set_time(name, parent, entry.status.st_mtime_ns)
        elif kind != stat.S_IFSOCK:
            os.mknod(name, entry.status.st_mode, entry.status.st_rdev, dir_fd=parent)
            with pinned(parent, name) as node:
                self._own(entry, lambda uid, gid: os.chown(node, uid, gid))
                os.chmod(node, self._mode(entry))
            _set_time(name, parent, entry.status.st_mtime_ns)

    def content(self, target: str, data: bytes) -> None:
        """Write a file that is nowhere else: a heredoc."""
        head, name = posixpath.split(posixpath.normpath(target))
        parent = self.directory(head)
        descriptor = self._create(parent, name, target)
        try:
            _write(descriptor, data)
            os.chown(descriptor, *(self.dress.owner or (0, 0)))
            os.chmod(descriptor, self.dress.mode.apply(stat.S_IFREG | 0o644) if self.dress.mode else 0o644)
        finally:
            os.close(descriptor)

    def _directory(self, entry: Entry, target: str) -> None:
        path = posixpath.normpath(target)
        if self.is_directory(path):
            self.directory(path)
            return
        head, name = posixpath.split(path)
        parent = self.directory(head)
        self._clear(parent, name, target)
        made = self.directory(path)
        self._own(entry, lambda uid, gid: os.chown(made, uid, gid))
        os.chmod(made, self._mode(entry))
        _copy_xattrs(entry.place, made)
        self._times[path] = entry.status.st_mtime_ns

    def _clear(self, parent: int, name: str, target: str) -> None:
        try:
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return
        if stat.S_ISDIR(status.st_mode):
            raise BuildFailed(f"cannot copy to non-directory: {target}: cannot overwrite a directory with a file")
        os.unlink(name, dir_fd=parent)

    def _file(self, entry: Entry, parent: int, name: str, target: str) -> None:
        source = open_same(None, entry.place, entry.status)
        try:
            made = self._create(parent, name, target)
            try:
                _copy_content(source, made, entry.status.st_size)
                self._own(entry, lambda uid, gid: os.chown(made, uid, gid))
                os.chmod(made, self._mode(entry))
                _copy_xattrs(source, made)
                os.utime(made, ns=(entry.status.st_mtime_ns, entry.status.st_mtime_ns))
            finally:
                os.close(made)
        finally:
            os.close(source)

    def _create(self, parent: int, name: str, target: str) -> int:
        """Make an empty file, also where one is; most often there is none, so that is tried first."""
        try:
            return os.open(name, _CREATE, 0o600, dir_fd=parent)
        except FileExistsError:
            self._clear(parent, name, target)
            return os.open(name, _CREATE, 0o600, dir_fd=parent)

    def _mode(self, entry: Entry) -> int:
        mode = entry.status.st_mode
        return self.dress.mode.apply(mode) if self.dress.mode else stat.S_IMODE(mode)

    def _own(self, entry: Entry, chown: Callable[[int, int], None]) -> None:
        uid, gid = self.dress.owner or (entry.status.st_uid, entry.status.st_gid)
        if uid or gid:
            chown(uid, gid)


def _copy_content(source: int, target: int, size: int) -> None:
    if size <= _SMALL:
        _write(target, os.read(source, size))
        return
    while os.sendfile(target, source, None, 1 << 30):
        pass


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _copy_xattrs(source: int | str, target: int) -> None:
    for name in os.listxattr(source):
        if not name.startswith(_PRIVATE):
            os.setxattr(target, name, os.getxattr(source, name))


def _set_time(name: str, parent: int, mtime_ns: int) -> None:
    os.utime(name, ns=(mtime_ns, mtime_ns), dir_fd=parent, follow_symlinks=False)
