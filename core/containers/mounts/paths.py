"""Paths in a container, as clients of `docker cp` mean them: absolute, without any symlink leading out of the root."""

import errno
import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sdk.errors import InvalidArgument
from sdk.linux.openat import open_in_root

_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES, errno.EPERM)
"""What the kernel says of a name that leads to nothing in the container; the last two of a way through /proc that no process may go."""


@dataclass(frozen=True, slots=True)
class ContainerPath:
    """A path made absolute and clean. The last component is not followed if it is a symlink, unless `/` or `/.` comes after it: then it
    must be a directory."""

    absolute: str
    name: str
    follows: bool


def parse(path: str) -> ContainerPath:
    """Return what a client's path means: relative ones start at the root, and `..` ends there. Raises InvalidArgument for a null byte."""
    if "\0" in path:
        raise InvalidArgument(f"lstat {path}: invalid argument")
    absolute = posixpath.normpath("/" + path.lstrip("/"))
    name = "." if posixpath.basename(path.rstrip("/")) == "." else posixpath.basename(absolute) or "/"
    return ContainerPath(absolute, name, path.endswith(("/", "/.")) or absolute == "/")


def locate(root: int, path: ContainerPath) -> int:
    """Return a descriptor (O_PATH) of what a path names. Raises FileNotFoundError, whatever it is that is missing on the way."""
    with _absence(path):
        if path.follows:
            return open_in_root(root, path.absolute, os.O_PATH)
        parent = locate_parent(root, path)
        try:
            return os.open(posixpath.basename(path.absolute), os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        finally:
            os.close(parent)


def locate_parent(root: int, path: ContainerPath) -> int:
    """Return a descriptor (O_PATH) of the directory a path's last component is in. Raises FileNotFoundError."""
    with _absence(path):
        return open_in_root(root, posixpath.dirname(path.absolute), os.O_PATH | os.O_DIRECTORY)


@contextmanager
def _absence(path: ContainerPath) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _ABSENT:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path.absolute) from error
        raise
