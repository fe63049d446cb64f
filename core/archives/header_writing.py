"""Writing tar headers: ustar, with a PAX header in front where ustar cannot say it (pax: IEEE Std 1003.1 "pax", "ustar")."""

import os
import stat
from collections.abc import Mapping, Sequence

from core.archives.headers import BLOCKDEV, CHARACTER, DIRECTORY, FIFO, HARDLINK, REGULAR, SYMLINK, XATTR, encoded_key
from core.archives.tarstream import BLOCK, padding

END = bytes(2 * BLOCK)
"""What closes an archive."""

_KINDS = {
    stat.S_IFREG: REGULAR,
    stat.S_IFLNK: SYMLINK,
    stat.S_IFCHR: CHARACTER,
    stat.S_IFBLK: BLOCKDEV,
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFIFO: FIFO,
}
_MAX_ID = 0o7777777
_MAX_SIZE = 0o77777777777
_SECOND = 1_000_000_000
NEVER_NS = 1 << 63
"""Later than any time a file can have."""


def has_header(mode: int) -> bool:
    """Tell whether tar knows this kind of file; it does not know sockets."""
    return stat.S_IFMT(mode) in _KINDS


def header(
    name: bytes,
    status: os.stat_result,
    target: bytes = b"",
    xattrs: Mapping[bytes, bytes] | None = None,
    newest_ns: int = NEVER_NS,
) -> bytes:
    """Return the header blocks of a member; `target` is a symlink's text. A time after `newest_ns` is told as that."""
    kind = _KINDS[stat.S_IFMT(status.st_mode)]
    if kind == DIRECTORY and not name.endswith(b"/"):
        name += b"/"
    return _member(name, status, kind, target, status.st_size if kind == REGULAR else 0, _xattr_records(xattrs), newest_ns)


def hardlink_header(name: bytes, status: os.stat_result, target: bytes, newest_ns: int = NEVER_NS) -> bytes:
    """Return the header blocks of one more name of the member `target`, whatever kind of file that is."""
    return _member(name, status, HARDLINK, target, 0, {}, newest_ns)


def sparse_header(
    name: bytes,
    status: os.stat_result,
    pieces: Sequence[tuple[int, int]],
    xattrs: Mapping[bytes, bytes] | None = None,
    newest_ns: int = NEVER_NS,
) -> bytes:
    """Return what comes before the data of a regular file with holes, of which only `pieces` (offset, length) follow.

    It is GNU tar's sparse format 1.0: to readers who know only pax, a regular file; they would get the map and the data.
    """
    ending = [] if pieces and sum(pieces[-1]) == status.st_size else [(status.st_size, 0)]
    numbers = [len(pieces) + len(ending), *(number for piece in (*pieces, *ending) for number in piece)]
    text = b"".join(b"%d\n" % number for number in numbers)
    text += bytes(padding(len(text)))
    pax = {b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0", b"GNU.sparse.name": name}
    pax |= {b"GNU.sparse.realsize": b"%d" % status.st_size, **_xattr_records(xattrs)}
    stored = len(text) + sum(length for _, length in pieces)
    return _member(_sparse_name(name), status, REGULAR, b"", stored, pax, newest_ns) + text


def _sparse_name(name: bytes) -> bytes:
    """Return what readers see who do not know the format. It must fit, as some prefer a `path` to the name in the sparse records."""
    directory, slash, last = name.rpartition(b"/")
    shown = directory + slash + b"GNUSparseFile.0/" + last
    return shown if _fits(shown) else b"GNUSparseFile.0"


def _xattr_records(xattrs: Mapping[bytes, bytes] | None) -> dict[bytes, bytes]:
    return {XATTR + encoded_key(key): value for key, value in xattrs.items()} if xattrs else {}


def _member(
    name: bytes, status: os.stat_result, kind: bytes, target: bytes, size: int, pax: dict[bytes, bytes], newest_ns: int
) -> bytes:
    name_field = _text(pax, b"path", name)
    link_field = _text(pax, b"linkpath", target)
    numbers = (
        _octal(stat.S_IMODE(status.st_mode), 8),
        _number(pax, b"uid", status.st_uid, _MAX_ID, 8),
        _number(pax, b"gid", status.st_gid, _MAX_ID, 8),
        _number(pax, b"size", size, _MAX_SIZE, 12),
        _time(pax, min(status.st_mtime_ns, newest_ns)),
    )
    device = status.st_rdev if kind in (CHARACTER, BLOCKDEV) else 0
    block = _block(name_field, numbers, kind, link_field, device)
    return _pax_header(pax) + block if pax else block


def file_header(name: bytes, size: int) -> bytes:
    """Return the header of a regular file that is on no disk, owned by root and of no time."""
    return header(name, os.stat_result((stat.S_IFREG | 0o644, 0, 0, 1, 0, 0, size, 0, 0, 0), {"st_mtime_ns": 0}))


def _text(pax: dict[bytes, bytes], key: bytes, value: bytes) -> bytes:
    """Return the field for a name; one that is too long, or not ASCII, goes to the PAX header."""
    if not _fits(value):
        pax[key] = value
    return value[:100].ljust(100, b"\0")


def _fits(value: bytes) -> bool:
    return len(value) <= 100 and value.isascii()


def _number(pax: dict[bytes, bytes], key: bytes, value: int, most: int, width: int) -> bytes:
    if 0 <= value <= most:
        return _octal(value, width)
    pax[key] = b"%d" % value
    return _octal(0, width)


def _time(pax: dict[bytes, bytes], mtime_ns: int) -> bytes:
    """Return the field for a time; what is before 1970 or between two seconds goes to the PAX header."""
    seconds, rest = divmod(mtime_ns, _SECOND)
    if rest:
        sign, (whole, part) = b"-" if mtime_ns < 0 else b"", divmod(abs(mtime_ns), _SECOND)
        pax[b"mtime"] = b"%s%d.%09d" % (sign, whole, part)
        return _octal(max(seconds, 0) & _MAX_SIZE, 12)
    return _number(pax, b"mtime", seconds, _MAX_SIZE, 12)


def _octal(value: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, value)


def _block(name: bytes, numbers: tuple[bytes, ...], kind: bytes, link: bytes, device: int) -> bytes:
    front = name + b"".join(numbers)
    owner_names = bytes(64)
    back = kind + link + b"ustar\x0000" + owner_names + _octal(os.major(device), 8) + _octal(os.minor(device), 8) + bytes(167)
    checksum = sum(front) + sum(back) + 8 * ord(" ")
    return front + b"%06o\0 " % checksum + back


def _pax_header(records: Mapping[bytes, bytes]) -> bytes:
    body = b"".join(_record(key, value) for key, value in records.items())
    name = b"PaxHeaders.0".ljust(100, b"\0")
    numbers = (_octal(0o644, 8), _octal(0, 8), _octal(0, 8), _octal(len(body), 12), _octal(0, 12))
    return _block(name, numbers, b"x", bytes(100), 0) + body + bytes(padding(len(body)))


def _record(key: bytes, value: bytes) -> bytes:
    """Return `LENGTH KEY=VALUE\\n`, where the length counts its own digits."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length = len(b"%d" % length) + len(rest)
    return b"%d" % length + rest
