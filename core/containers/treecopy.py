"""Copying a directory tree between two directory descriptors without ever following a symlink."""

import errno
import os
import stat
from dataclasses import dataclass, field

_CHUNK = 1 << 30
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_FAST_COPY = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


def copy_tree(source: int, target: int) -> None:
    """Copy what is in one directory into another, empty one, and the directory's own owner, mode, attributes and times.

    Both are descriptors opened for reading. Files, directories, symlinks, devices, pipes and sockets come with owner, mode,
    extended attributes and modification time; hard links among them stay hard links. Raises OSError.
    """
    _Copy(target).directory(source, target)


@dataclass(slots=True)
class _Copy:
    root: int
    linked: dict[tuple[int, int], str] = field(default_factory=dict)

    def directory(self, source: int, target: int, prefix: str = "") -> None:
        for name in os.listdir(source):
            info = os.lstat(name, dir_fd=source)
            if stat.S_ISDIR(info.st_mode):
                self._subdirectory(source, target, name, prefix)
            elif not self._link(info, target, name, prefix):
                _COPIERS.get(stat.S_IFMT(info.st_mode), _node)(source, target, name, info)
                _dress(source, target, name, info)
        _dress(source, target, ".", os.fstat(source))

    def _subdirectory(self, source: int, target: int, name: str, prefix: str) -> None:
        os.mkdir(name, 0o700, dir_fd=target)
        inner_source = os.open(name, _DIRECTORY, dir_fd=source)
        try:
            inner_target = os.open(name, _DIRECTORY, dir_fd=target)
            try:
                self.directory(inner_source, inner_target, f"{prefix}{name}/")
            finally:
                os.close(inner_target)
        finally:
            os.close(inner_source)

    def _link(self, info: os.stat_result, target: int, name: str, prefix: str) -> bool:
        """Make a further hard link to a file that was copied already; return whether there was one."""
        if info.st_nlink == 1:
            return False
        first = self.linked.setdefault((info.st_dev, info.st_ino), prefix + name)
        if first == prefix + name:
            return False
        os.link(first, name, src_dir_fd=self.root, dst_dir_fd=target, follow_symlinks=False)
        return True


def _regular(source: int, target: int, name: str, _info: os.stat_result) -> None:
    read = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source)
    try:
        write = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=target)
        try:
            _content(read, write)
        finally:
            os.close(write)
    finally:
        os.close(read)


def _content(read: int, write: int) -> None:
    try:
        while os.copy_file_range(read, write, _CHUNK):
            pass
    except OSError as error:
        if error.errno not in _NO_FAST_COPY:
            raise
        while os.sendfile(write, read, None, _CHUNK):
            pass


def _symlink(source: int, target: int, name: str, _info: os.stat_result) -> None:
    os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)


def _node(_source: int, target: int, name: str, info: os.stat_result) -> None:
    os.mknod(name, stat.S_IFMT(info.st_mode) | 0o600, info.st_rdev, dir_fd=target)


_COPIERS = {stat.S_IFREG: _regular, stat.S_IFLNK: _symlink}


def _dress(source: int, target: int, name: str, info: os.stat_result) -> None:
    """Give a copy the owner, mode, attributes and times of the original; the owner first, as chown clears set-user-ID."""
    os.chown(name, info.st_uid, info.st_gid, dir_fd=target, follow_symlinks=False)
    if not stat.S_ISLNK(info.st_mode):
        os.chmod(name, stat.S_IMODE(info.st_mode), dir_fd=target)
    _attributes(f"/proc/self/fd/{source}/{name}", f"/proc/self/fd/{target}/{name}")
    os.utime(name, ns=(info.st_atime_ns, info.st_mtime_ns), dir_fd=target, follow_symlinks=False)


def _attributes(source: str, target: str) -> None:
    for attribute in os.listxattr(source, follow_symlinks=False):
        if attribute.startswith(("trusted.overlay.", "security.selinux")):
            continue
        value = os.getxattr(source, attribute, follow_symlinks=False)
        try:
            os.setxattr(target, attribute, value, follow_symlinks=False)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
