"""File trees with one of everything that a tar can keep, and descriptions of trees to compare."""

import hashlib
import os
import stat
from collections.abc import Collection
from pathlib import Path

from core.archives.holes import data_pieces

_CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")
_ACL = bytes.fromhex(
    "02000000 01000600ffffffff 02000400e8030000 04000400ffffffff 10000600ffffffff 20000000ffffffff".replace(" ", "")
)
"""user::rw-, user:1000:r--, group::r--, mask::rw-, other::---"""

_HOLE = 5 << 20
_SECOND = 1_000_000_000


def plant(root: Path) -> None:
    """Make one of everything below an existing directory, which becomes set-group-ID and has a default ACL."""
    os.setxattr(root, "system.posix_acl_default", _ACL)
    (root / "bin").mkdir()
    _file(root / "bin/tool", os.urandom(300_000), mode=0o6755, owner=(1000, 1001))
    os.setxattr(root / "bin/tool", "security.capability", _CAPABILITY)
    os.setxattr(root / "bin/tool", "user.a=b%c", b"\0=\n")
    os.link(root / "bin/tool", root / "hard")
    _file(root / "acl", b"acl", mode=0o640)
    os.setxattr(root / "acl", "system.posix_acl_access", _ACL)
    (root / "link").symlink_to("/bin/tool")
    os.link(root / "link", root / "link twice", follow_symlinks=False)
    os.setxattr(root / "link", "trusted.mark", b"x", follow_symlinks=False)
    (root / ("l" * 150)).symlink_to("t" * 300)
    os.mkfifo(root / "fifo", 0o622)
    os.mknod(root / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    os.mknod(root / "disk", stat.S_IFBLK | 0o660, os.makedev(259, 1 << 19))
    (root / ("deep/" * 60)).mkdir(parents=True)
    (root / ("deep/" * 60) / ("n" * 200)).touch()
    _file(root / "raw\udcff\udc80", b"odd")
    (root / "grün").mkdir(mode=0o700)
    _file(root / " \n\t\\*?", b"")
    _file(root / "old", b"old", mtime_ns=-1_500_000_001)
    _file(root / "late", b"late", mtime_ns=9_000_000_000 * _SECOND)
    _file(root / "owner", b"", owner=(3_000_000_000, 4_000_000_000))
    _sparse(root / "hole at both ends", [(1 << 20, b"x" * 5000)], _HOLE)
    _sparse(root / "all hole", [], 1 << 30)
    _sparse(root / ("h" * 120), [(0, b"a"), (1 << 20, b"b"), (_HOLE - 1, b"c")], _HOLE)
    (root / "tmp").mkdir()
    os.chmod(root / "tmp", 0o1777)
    (root / "group").mkdir()
    os.chown(root / "group", 0, 50)
    os.chmod(root / "group", 0o2775)
    (root / "group/inner").mkdir()
    _file(root / "group/inner/file", b"root's own")
    os.chown(root / "group/inner", 0, 0)
    os.chmod(root / "group/inner", 0o755)
    os.utime(root / "bin", ns=(1, 1_400_000_000_123_456_789))
    os.chmod(root, 0o2755)


def describe(root: Path, without: Collection[str] = ()) -> dict[str, object]:
    """Return everything about a tree that a layer keeps, by name; `without` some directories and files."""
    inodes: dict[tuple[int, int], str] = {}
    found: dict[str, object] = {}
    pending = sorted(os.listdir(root), reverse=True)
    while pending:
        name = pending.pop()
        if name in without:
            continue
        status = os.lstat(root / name)
        same = inodes.setdefault((status.st_dev, status.st_ino), name) if not stat.S_ISDIR(status.st_mode) else name
        found[name] = _file_facts(root / name, status) if same == name else f"the same as {same}"
        if stat.S_ISDIR(status.st_mode):
            pending += [f"{name}/{entry}" for entry in sorted(os.listdir(root / name), reverse=True)]
    return found


def _file_facts(path: Path, status: os.stat_result) -> dict[str, object]:
    facts: dict[str, object] = {
        "mode": oct(status.st_mode),
        "owner": (status.st_uid, status.st_gid),
        "mtime": status.st_mtime_ns,
        "xattrs": {
            name: os.getxattr(path, name, follow_symlinks=False)
            for name in sorted(os.listxattr(path, follow_symlinks=False))
            if not name.startswith("trusted.overlay.")
        },
    }
    if stat.S_ISREG(status.st_mode):
        facts |= _content(path, status)
    elif stat.S_ISLNK(status.st_mode):
        facts["target"] = os.readlink(path)
    elif not stat.S_ISDIR(status.st_mode):
        facts["device"] = status.st_rdev
    return facts


def _content(path: Path, status: os.stat_result) -> dict[str, object]:
    with path.open("rb") as file:
        pieces = data_pieces(file.fileno(), status)
        if pieces is None:
            pieces = [(0, status.st_size)]
        digest = hashlib.sha256()
        for offset, length in pieces:
            digest.update(os.pread(file.fileno(), length, offset))
    return {"size": status.st_size, "data": pieces, "digest": digest.hexdigest()}


def _file(path: Path, content: bytes, *, mode: int = 0o644, owner: tuple[int, int] = (0, 0), mtime_ns: int | None = None) -> None:
    path.write_bytes(content)
    for name in os.listxattr(path):
        os.removexattr(path, name)
    os.chown(path, *owner)
    os.chmod(path, mode)
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns, mtime_ns))


def _sparse(path: Path, pieces: list[tuple[int, bytes]], size: int) -> None:
    with path.open("wb") as file:
        for offset, content in pieces:
            file.seek(offset)
            file.write(content)
        file.truncate(size)
