"""Files that may be something else by now: reached without being opened, and from then on by their descriptors.

Opening a FIFO waits for a writer, opening a device does what its driver likes, and a name in a tree that a container writes to stands
for something else at each use. A descriptor opened with O_PATH has none of these faults.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator


def reopen_regular(found: int, path: str, links: int | None = None) -> int:
    """Return a descriptor for reading of a regular file that is known by a descriptor (O_PATH); `path` is for messages. Raises as
    `open_regular` does. A process that has changed its root gives the `links` (`descriptor_links`) it took before."""
    mode = os.fstat(found).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    place = str(found) if links is not None else f"/proc/self/fd/{found}"
    return os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=links)


def read_regular(path: str | os.PathLike[str], limit: int) -> bytes:
    """Return what a regular file holds, up to `limit` bytes; nothing else is opened. Follows symlinks. Raises OSError: EFBIG for more bytes,
    IsADirectoryError, EINVAL for what is no file, and as open(2) does."""
    found = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        with open(reopen_regular(found, os.fspath(path)), "rb") as file:
            content = file.read(limit + 1)
    finally:
        os.close(found)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit} bytes", os.fspath(path))
    return content


def descriptor_links() -> int:
    """Return a descriptor (O_PATH) of the directory in which a process' own descriptors are links."""
    return os.open("/proc/self/fd", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def open_same(directory: int | None, name: str, expected: os.stat_result) -> int:
    """Open for reading the regular file that a walk has just seen under a name, without following a symlink at its end.

    Raises FileNotFoundError if the name stands for something else by now: nothing but that file is ever opened.
    """
    found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        status = os.fstat(found)
        if (status.st_dev, status.st_ino, stat.S_IFMT(status.st_mode)) != (expected.st_dev, expected.st_ino, stat.S_IFREG):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return reopen_regular(found, name)
    finally:
        os.close(found)


@contextlib.contextmanager
def pinned(directory: int, name: str) -> Iterator[str]:
    """Give a path that stands for one file as long as it is used, whatever is put under its name meanwhile.

    chmod(2), chown(2) and their like through that path reach the file, and never what a symlink of that name leads to. Raises
    OSError (ELOOP) for a symlink: it has no mode, and what it leads to must not be changed.
    """
    found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        if stat.S_ISLNK(os.fstat(found).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
        yield f"/proc/self/fd/{found}"
    finally:
        os.close(found)
