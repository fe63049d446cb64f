"""Digests of trees: names, kinds, permissions, owners where they count, and contents. Never times."""

import hashlib
import os
import stat
from collections.abc import Callable

from plugins.builder_dockerfile.files.filedigests import file_digest
from plugins.builder_dockerfile.files.tree import Entry, Tree


def tree_digest(tree: Tree, path: str, skip: Callable[[str], bool] = lambda _name: False) -> str:
    """Return the digest of a file of a tree, or of a directory and all that is in it."""
    whole = hashlib.sha256()
    for entry in tree.walk(path):
        if not skip(entry.name):
            whole.update(_line(entry, tree))
    return whole.hexdigest()


def _line(entry: Entry, tree: Tree) -> bytes:
    status = entry.status
    kind = stat.S_IFMT(status.st_mode)
    mode = 0 if kind == stat.S_IFLNK else stat.S_IMODE(status.st_mode)
    owner = f"{status.st_uid}:{status.st_gid}" if tree.owned else ""
    head = f"{entry.name}\0{kind:o}\0{mode:o}\0{owner}\0{status.st_rdev if kind in (stat.S_IFCHR, stat.S_IFBLK) else ''}\0"
    return os.fsencode(head) + _content(entry, kind, tree) + b"\n"


def _content(entry: Entry, kind: int, tree: Tree) -> bytes:
    if kind == stat.S_IFLNK:
        return os.fsencode(os.readlink(entry.place))
    if kind != stat.S_IFREG:
        return b""
    found = tree.digests.of(entry.place, entry.status) if tree.digests else file_digest(entry.place, entry.status)
    return found.encode()
