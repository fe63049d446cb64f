"""Attaching files of the host inside a root that is known by a descriptor."""

import os
import posixpath
import stat
from contextlib import suppress
from dataclasses import dataclass

from sdk.linux.mount import MountAttribute, mount_setattr, move_mount, open_tree
from sdk.linux.openat import make_directories, open_beneath, open_in_root


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or directory of the host that is to be seen at `destination` in a root; with a `subpath` what is there below the source,
    which must not lead out of it."""

    source: str
    destination: str
    readonly: bool = False
    subpath: str = ""


def attach(root: int, attachment: Attachment) -> None:
    """Mount a clone of the source at the destination, which is made if it is missing; no symlink leads it out of the root.

    Raises OSError that names both; EINVAL where the root is mounted nowhere and the kernel cannot do that (before Linux 6.15).
    """
    try:
        _attach(root, attachment)
    except OSError as error:
        code = error.errno or 0
        raise OSError(code, os.strerror(code), attachment.source, None, attachment.destination) from error


def _attach(root: int, attachment: Attachment) -> None:
    tree = _cloned(attachment)
    try:
        if attachment.readonly:
            mount_setattr(tree, add=MountAttribute.RDONLY, recursive=True)
        point = _mount_point(root, attachment.destination, directory=stat.S_ISDIR(os.fstat(tree).st_mode))
        try:
            move_mount(tree, "", directory=point)
        finally:
            os.close(point)
    finally:
        os.close(tree)


def _cloned(attachment: Attachment) -> int:
    if not attachment.subpath:
        return open_tree(attachment.source, clone=True, recursive=True)
    directory = os.open(attachment.source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = open_beneath(directory, attachment.subpath, os.O_PATH)
    finally:
        os.close(directory)
    try:
        return open_tree("", directory=found, clone=True, recursive=True)
    finally:
        os.close(found)


def _mount_point(root: int, path: str, *, directory: bool) -> int:
    with suppress(FileNotFoundError):
        return open_in_root(root, path, os.O_PATH)
    if directory:
        make_directories(root, path)
    else:
        _make_file(root, path)
    return open_in_root(root, path, os.O_PATH)


def _make_file(root: int, path: str) -> None:
    """Make an empty file with the directories it is in. A symlink that leads nowhere gives way, as nothing can be mounted on it."""
    head, name = posixpath.split(posixpath.normpath(path))
    make_directories(root, head)
    parent = open_in_root(root, head, os.O_PATH | os.O_DIRECTORY)
    try:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=parent)
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=parent))
    finally:
        os.close(parent)
