"""Writing tar headers: ustar, with a PAX header in front where ustar cannot say it (pax: IEEE Std 1003.1 "pax", "ustar")."""

import os
import stat
from collections.abc import Mapping

from core.images.tarheaders import BLOCK, BLOCKDEV, CHARACTER, DIRECTORY, FIFO, HARDLINK, REGULAR, SYMLINK, padding

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


def has_header(mode: int) -> bool:
    """Tell whether tar knows this kind of file; it does not know sockets."""
    return stat.S_IFMT(mode) in _KINDS


def header(
    name: bytes, status: os.stat_result, target: bytes = b"", xattrs: Mapping[bytes, bytes] | None = None, newest: int = _MAX_SIZE
) -> bytes:
    """Return the header blocks of a member. `target` is a symlink's text or, for any other kind, the member it is a hard link to. A time
    after `newest` (seconds) is told as that."""
    kind = _KINDS[stat.S_IFMT(status.st_mode)]
    if target and kind != SYMLINK:
        kind = HARDLINK
    if kind == DIRECTORY and not name.endswith(b"/"):
        name += b"/"
    size = status.st_size if kind == REGULAR else 0
    pax = {b"SCHILY.xattr." + key: value for key, value in xattrs.items()} if xattrs else {}
    name_field = _text(pax, b"path", name)
    link_field = _text(pax, b"linkpath", target)
    numbers = (
        _octal(stat.S_IMODE(status.st_mode), 8),
        _number(pax, b"uid", status.st_uid, _MAX_ID, 8),
        _number(pax, b"gid", status.st_gid, _MAX_ID, 8),
        _number(pax, b"size", size, _MAX_SIZE, 12),
        _number(pax, b"mtime", min(int(status.st_mtime), newest), _MAX_SIZE, 12),
    )
    device = status.st_rdev if kind in (CHARACTER, BLOCKDEV) else 0
    block = _block(name_field, numbers, kind, link_field, device)
    return _pax_header(pax) + block if pax else block


def file_header(name: bytes, size: int, mode: int = 0o644, mtime: int = 0) -> bytes:
    """Return the header of a regular file that is on no disk, owned by root."""
    return header(name, os.stat_result((stat.S_IFREG | mode, 0, 0, 1, 0, 0, size, mtime, mtime, mtime)))


def _text(pax: dict[bytes, bytes], key: bytes, value: bytes) -> bytes:
    """Return the field for a name; one that is too long, or not ASCII, goes to the PAX header."""
    if len(value) > 100 or not value.isascii():
        pax[key] = value
    return value[:100].ljust(100, b"\0")


def _number(pax: dict[bytes, bytes], key: bytes, value: int, most: int, width: int) -> bytes:
    if 0 <= value <= most:
        return _octal(value, width)
    pax[key] = b"%d" % value
    return _octal(0, width)


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
