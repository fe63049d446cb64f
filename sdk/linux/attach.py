"""Attaching files of the host inside a root that is known by a descriptor."""

import os
import posixpath
import stat
from dataclasses import dataclass

from sdk.linux.mount import MountAttribute, mount_setattr, move_mount, open_tree
from sdk.linux.openat import open_in_root


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or directory of the host that is to be seen at `destination` in a root."""

    source: str
    destination: str
    readonly: bool = False


def attach(root: int, attachment: Attachment) -> None:
    """Mount a clone of the source at the destination, which is made if it is missing; no symlink leads it out of the root.

    Raises OSError; EINVAL where the root is mounted nowhere and the kernel cannot do that (before Linux 6.15).
    """
    tree = open_tree(attachment.source, clone=True, recursive=True)
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


def _mount_point(root: int, path: str, *, directory: bool) -> int:
    try:
        return open_in_root(root, path, os.O_PATH)
    except FileNotFoundError:
        _make(root, path, directory=directory)
        return open_in_root(root, path, os.O_PATH)


def _make(root: int, path: str, *, directory: bool) -> None:
    head, name = posixpath.split(posixpath.normpath(path))
    parent = _mount_point(root, head, directory=True)
    try:
        if directory:
            os.mkdir(name, 0o755, dir_fd=parent)
        else:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=parent))
    finally:
        os.close(parent)
