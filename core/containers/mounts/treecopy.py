"""Copying a directory tree between two directory descriptors without ever following a symlink.

Containers may write to the target meanwhile, and put a symlink under any name in it. So whatever was made is reached by its descriptor
from then on, and never again by its name.
"""

import errno
import os
import posixpath
import shutil
import stat
from dataclasses import dataclass, field

from sdk.linux.openat import open_in_root
from sdk.linux.regular import open_same, pinned

LOST_AND_FOUND = "lost+found"
_CHUNK = 1 << 30
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_FAST_COPY = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


def copy_tree(source: int, target: int) -> None:
    """Copy what is in one directory into another, empty one, and the directory's own owner, mode, attributes and times.

    Both are descriptors opened for reading. Files, directories, symlinks, devices, pipes and sockets come with owner, mode,
    extended attributes and modification time; hard links among them stay hard links. Raises OSError, also for a target that others
    change meanwhile; nothing outside it is ever touched.
    """
    _Copy(target).directory(source, target)


def clear(target: int) -> None:
    """Delete all that is in a directory, by its descriptor, but for what a file system makes by itself. Raises OSError."""
    with os.scandir(target) as entries:
        found = [entry for entry in entries if entry.name != LOST_AND_FOUND]
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.name, dir_fd=target)
        else:
            os.unlink(entry.name, dir_fd=target)


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
        _dress(f"/proc/self/fd/{source}/.", f"/proc/self/fd/{target}/.", os.fstat(source))

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
        head, tail = posixpath.split(first)
        parent = open_in_root(self.root, head or ".", os.O_PATH | os.O_DIRECTORY)
        try:
            os.link(tail, name, src_dir_fd=parent, dst_dir_fd=target, follow_symlinks=False)
        finally:
            os.close(parent)
        return True


def _regular(source: int, target: int, name: str, info: os.stat_result) -> None:
    read = open_same(source, name, info)
    try:
        write = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=target)
        try:
            _content(read, write)
            _dress(f"/proc/self/fd/{read}", f"/proc/self/fd/{write}", info)
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


def _symlink(source: int, target: int, name: str, info: os.stat_result) -> None:
    os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
    os.chown(name, info.st_uid, info.st_gid, dir_fd=target, follow_symlinks=False)
    _attributes(f"/proc/self/fd/{source}/{name}", f"/proc/self/fd/{target}/{name}", follow=False)
    os.utime(name, ns=(info.st_atime_ns, info.st_mtime_ns), dir_fd=target, follow_symlinks=False)


def _node(source: int, target: int, name: str, info: os.stat_result) -> None:
    os.mknod(name, stat.S_IFMT(info.st_mode) | 0o600, info.st_rdev, dir_fd=target)
    with pinned(source, name) as original, pinned(target, name) as made:
        _dress(original, made, info)


_COPIERS = {stat.S_IFREG: _regular, stat.S_IFLNK: _symlink}


def _dress(source: str, target: str, info: os.stat_result) -> None:
    """Give a copy the owner, mode, attributes and times of the original; the owner first, as chown clears set-user-ID.

    Both are paths by way of descriptors, so that they stand for these files whatever their names lead to by now.
    """
    os.chown(target, info.st_uid, info.st_gid)
    os.chmod(target, stat.S_IMODE(info.st_mode))
    _attributes(source, target, follow=True)
    os.utime(target, ns=(info.st_atime_ns, info.st_mtime_ns))


def _attributes(source: str, target: str, *, follow: bool) -> None:
    for attribute in os.listxattr(source, follow_symlinks=follow):
        if attribute.startswith(("trusted.overlay.", "security.selinux")):
            continue
        value = os.getxattr(source, attribute, follow_symlinks=follow)
        try:
            os.setxattr(target, attribute, value, follow_symlinks=follow)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
