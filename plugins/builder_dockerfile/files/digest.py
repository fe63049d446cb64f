"""Digests of trees: names, kinds, permissions, owners where they count, and contents. Never times."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable

from plugins.builder_dockerfile.files.tree import Entry

_SMALL = 1 << 16


def tree_digest(entries: Iterable[Entry], *, owned: bool, skip: Callable[[str], bool] = lambda _name: False) -> str:
    """Return the digest of some entries as they come."""
    whole = hashlib.sha256()
    for entry in entries:
        if not skip(entry.name):
            whole.update(_line(entry, owned=owned))
    return whole.hexdigest()


def _line(entry: Entry, *, owned: bool) -> bytes:
    status = entry.status
    kind = stat.S_IFMT(status.st_mode)
    mode = 0 if kind == stat.S_IFLNK else stat.S_IMODE(status.st_mode)
    owner = f"{status.st_uid}:{status.st_gid}" if owned else ""
    head = f"{entry.name}\0{kind:o}\0{mode:o}\0{owner}\0{status.st_rdev if kind in (stat.S_IFCHR, stat.S_IFBLK) else ''}\0"
    return os.fsencode(head) + _content(entry, kind) + b"\n"


def _content(entry: Entry, kind: int) -> bytes:
    if kind == stat.S_IFLNK:
        return os.fsencode(os.readlink(entry.place))
    return file_digest(entry.place) if kind == stat.S_IFREG else b""


def file_digest(place: str) -> bytes:
    """Return the sha256 of a file's content, in hexadecimal."""
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        data = os.read(descriptor, _SMALL)
        if len(data) < _SMALL:
            return hashlib.sha256(data).hexdigest().encode()
        os.lseek(descriptor, 0, os.SEEK_SET)
        with open(descriptor, "rb", closefd=False) as file:
            return hashlib.file_digest(file, "sha256").hexdigest().encode()
    finally:
        os.close(descriptor)
