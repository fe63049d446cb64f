"""Copying a tree with everything that belongs to it: owners, modes, times, xattrs, hard links, devices and holes."""

import contextlib
import errno
import fcntl
import os
import stat

_FICLONE = 0x40049409
_UNSUPPORTED = (errno.ENOTSUP, errno.EPERM, errno.ENODATA)

Inode = tuple[int, int]


def copy_tree(source: str, target: str) -> None:
    """Copy the directory `source` to the new name `target`."""
    _copy_directory(source, target, os.lstat(source), {})


def copy_metadata(source: str, target: str, status: os.stat_result) -> None:
    """Give `target` the owner, mode, xattrs and times that `source` has; in this order, as each may undo a later one."""
    os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    if not stat.S_ISLNK(status.st_mode):
        os.chmod(target, stat.S_IMODE(status.st_mode))
    copy_xattrs(source, target)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


def copy_xattrs(source: str, target: str) -> None:
    """Copy extended attributes but for those overlayfs keeps for itself."""
    with contextlib.suppress(OSError):
        for name in os.listxattr(source, follow_symlinks=False):
            if not name.startswith("trusted.overlay."):
                _copy_xattr(source, target, name)


def _copy_xattr(source: str, target: str, name: str) -> None:
    try:
        os.setxattr(target, name, os.getxattr(source, name, follow_symlinks=False), follow_symlinks=False)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def _copy_directory(source: str, target: str, status: os.stat_result, links: dict[Inode, str]) -> None:
    os.mkdir(target, 0o700)
    with os.scandir(source) as found:
        for entry in found:
            _copy(entry.path, f"{target}/{entry.name}", entry.stat(follow_symlinks=False), links)
    copy_metadata(source, target, status)


def _copy(source: str, target: str, status: os.stat_result, links: dict[Inode, str]) -> None:
    if stat.S_ISDIR(status.st_mode):
        _copy_directory(source, target, status, links)
        return
    first = links.setdefault((status.st_dev, status.st_ino), target) if status.st_nlink > 1 else target
    if first != target:
        os.link(first, target, follow_symlinks=False)
        return
    if stat.S_ISREG(status.st_mode):
        _copy_file(source, target, status.st_size)
    elif stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(source), target)
    else:
        os.mknod(target, status.st_mode, status.st_rdev)
    copy_metadata(source, target, status)


def _copy_file(source: str, target: str, size: int) -> None:
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            if size:
                _copy_content(reader, writer, size)
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _copy_content(reader: int, writer: int, size: int) -> None:
    """Share the blocks where the file system can (btrfs, XFS); else copy the data and leave the holes."""
    try:
        fcntl.ioctl(writer, _FICLONE, reader)
    except OSError:
        os.ftruncate(writer, size)
        _copy_data(reader, writer, size)


def _copy_data(reader: int, writer: int, size: int) -> None:
    offset = 0
    while offset < size:
        try:
            offset = os.lseek(reader, offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole is left
                return
            raise
        end = os.lseek(reader, offset, os.SEEK_HOLE)
        while offset < end and (count := os.copy_file_range(reader, writer, end - offset, offset, offset)):
            offset += count
        if offset < end:
            raise OSError(errno.EIO, "the file became shorter while it was copied")
