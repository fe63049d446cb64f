"""Copying a tree with everything that belongs to it: owners, modes, times, xattrs, hard links, devices and holes.

No symlink is ever followed. Containers may write to the target meanwhile, and put a symlink under any name in it: so whatever was made is
reached by its descriptor from then on, and never again by its name.
"""

import errno
import fcntl
import os
import posixpath
import stat
from dataclasses import dataclass, field

from sdk.linux.openat import open_in_root
from sdk.linux.regular import open_same, pinned
from sdk.storage.whiteouts import PRIVATE_XATTRS

_CHUNK = 1 << 30
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FICLONE = 0x40049409
_NOT_COPIED = (PRIVATE_XATTRS.decode(), "security.selinux")
_NO_ATTRIBUTES = frozenset({errno.ENOTSUP, errno.EPERM, errno.ENODATA})
"""The target's file system has no attributes of that kind, this user may not set it, or it went away meanwhile."""
_NO_FAST_COPY = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


def copy_tree(source: str, target: str) -> None:
    """Copy the directory `source` to the new name `target`. Raises FileExistsError if there is one already, and what `copy_into` raises."""
    os.mkdir(target, 0o700)
    read = os.open(source, _DIRECTORY)
    try:
        write = os.open(target, _DIRECTORY)
        try:
            copy_into(read, write)
        finally:
            os.close(write)
    finally:
        os.close(read)


def copy_into(source: int, target: int) -> None:
    """Copy what is in one directory into another, empty one, and the directory's own owner, mode, attributes and times.

    Both are descriptors opened for reading. Files, directories, symlinks, devices, pipes and sockets come with owner, mode,
    extended attributes and times; hard links among them stay hard links, holes stay holes, and blocks are shared where the file system
    can (btrfs, XFS). What overlayfs notes for itself is left out. Raises OSError, also for a target that others change meanwhile;
    nothing outside it is ever touched.
    """
    _Copy(target).directory(source, target)


def copy_metadata(source: str, target: str, status: os.stat_result) -> None:
    """Give `target` the owner, mode, xattrs and times that `source` had when `status` was taken; in this order, as each may undo a later
    one. Symlinks are not followed. For trees that nothing else changes meanwhile."""
    os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    if not stat.S_ISLNK(status.st_mode):
        os.chmod(target, stat.S_IMODE(status.st_mode))
    _attributes(source, target, follow=False)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


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
            if info.st_size:
                _content(read, write, info.st_size)
            _dress(f"/proc/self/fd/{read}", f"/proc/self/fd/{write}", info)
        finally:
            os.close(write)
    finally:
        os.close(read)


def _content(read: int, write: int, size: int) -> None:
    try:
        fcntl.ioctl(write, _FICLONE, read)
    except OSError:
        os.ftruncate(write, size)
        _data(read, write, size)


def _data(read: int, write: int, size: int) -> None:
    """Copy the data of a file and leave its holes. Raises OSError if the file gets shorter meanwhile."""
    offset = 0
    while offset < size:
        try:
            offset = os.lseek(read, offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole is left
                return
            raise
        end = min(os.lseek(read, offset, os.SEEK_HOLE), size)
        while offset < end:
            count = _piece(read, write, offset, end - offset)
            if not count:
                raise OSError(errno.EIO, "the file became shorter while it was copied")
            offset += count


def _piece(read: int, write: int, offset: int, length: int) -> int:
    """Copy some bytes at an offset and return how many."""
    try:
        return os.copy_file_range(read, write, min(length, _CHUNK), offset, offset)
    except OSError as error:
        if error.errno not in _NO_FAST_COPY:
            raise
        os.lseek(write, offset, os.SEEK_SET)
        return os.sendfile(write, read, offset, min(length, _CHUNK))


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
        if attribute.startswith(_NOT_COPIED):
            continue
        try:
            value = os.getxattr(source, attribute, follow_symlinks=follow)
            os.setxattr(target, attribute, value, follow_symlinks=follow)
        except OSError as error:
            if error.errno not in _NO_ATTRIBUTES:
                raise
