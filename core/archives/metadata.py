"""Owners, modes, extended attributes and times of what has been unpacked."""

import errno
import os
import stat

from core.archives import whiteouts

Metadata = tuple[int, int, int, int, dict[bytes, bytes]]
"""Owner, group, mode, time of change in nanoseconds and xattrs of a directory."""


def finish_directory(path: bytes, uid: int, gid: int, mode: int, mtime_ns: int, xattrs: dict[bytes, bytes]) -> None:
    """Give a directory what its member says, unless a later member has put something else in its place."""
    if not stat.S_ISDIR(_mode(path)):
        return
    os.chown(path, uid, gid, follow_symlinks=False)
    os.chmod(path, mode)
    set_xattrs(path, xattrs)
    set_time(path, mtime_ns)


def set_time(path: bytes, mtime_ns: int) -> None:
    os.utime(path, ns=(mtime_ns, mtime_ns), follow_symlinks=False)


def set_xattrs(target: bytes | int, xattrs: dict[bytes, bytes]) -> None:
    for name, value in xattrs.items():
        if name.startswith(whiteouts.PRIVATE_XATTRS):
            continue
        try:
            os.setxattr(target, name, value, follow_symlinks=isinstance(target, int))
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM) or name.startswith(b"security.capability"):
                raise


def _mode(path: bytes) -> int:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
