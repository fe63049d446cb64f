"""Reading tar headers: ustar, PAX and GNU, with names as bytes (pax: IEEE Std 1003.1 "pax", "ustar").

Made for speed: a reader of the standard library's kind costs more than the writing of the files does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.archives.tarstream import BLOCK, TarError, TarStream

_ZEROS = bytes(BLOCK)
_LIMIT = 1 << 20
"""Bytes of the extended headers of one member, and numbers of a sparse map; more is an attack."""

_GLOBAL_LIMIT = 1 << 16
"""Bytes of the extended headers for all members."""

REGULAR, HARDLINK, SYMLINK, CHARACTER, BLOCKDEV, DIRECTORY, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
_LENGTH_DIGITS = 9
_LONGEST_NUMBER = 20
_NO_ID = (1 << 32) - 1
_TOO_LONG = 1 << 63
_REGULAR_TYPES = frozenset({b"0", b"\0", b"7", b"S"})
XATTR = b"SCHILY.xattr."
"""What PAX keys of extended attributes begin with."""


@dataclass(slots=True)
class Entry:
    """One member. `size` is what is stored, `real_size` what the file has with its holes; `sparse` lists (offset, length) of data."""

    name: bytes
    kind: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    linkname: bytes
    major: int = 0
    minor: int = 0
    xattrs: dict[bytes, bytes] = field(default_factory=dict)
    sparse: list[tuple[int, int]] | None = None
    real_size: int = 0


class _Extended:
    """What extended headers say about the members after them, in the words of PAX."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self.records: dict[bytes, bytes] = {}
        self._room = limit

    def add(self, kind: bytes, body: bytes) -> None:
        self._room -= len(body)
        if self._room < 0:
            raise TarError("invalid tar header: too many extended headers")
        if kind in b"xg":
            self.records.update(_pax_records(body))
        else:
            self.records[b"path" if kind == b"L" else b"linkpath"] = body.partition(b"\0")[0]


def entries(stream: TarStream) -> Iterator[Entry]:
    """Yield the members in order. Before taking the next one the caller must have read `size` bytes and the padding (`TarStream.pad`).

    An archive ends with its last content, or with one or two blocks of zeros; what follows two of them is not looked at. Raises TarError
    for one that ends anywhere else.
    """
    extended, defaults = _Extended(), _Extended(_GLOBAL_LIMIT)
    while not stream.at_end():
        block = stream.read(BLOCK)
        if block == _ZEROS:
            _check_end(stream)
            return
        kind = _checked_kind(block)
        if kind in b"xLK":
            extended.add(kind, _body(stream, block))
        elif kind == b"g":
            defaults.add(kind, _body(stream, block))
        elif extended.records or defaults.records:
            yield _entry(stream, block, kind, defaults.records | extended.records)
            extended = _Extended()
        else:
            yield _entry(stream, block, kind, defaults.records)


def _check_end(stream: TarStream) -> None:
    """Read the second block of zeros, if there is anything at all."""
    if not stream.at_end() and stream.read(BLOCK) != _ZEROS:
        raise TarError("invalid tar header")


def number(text: bytes) -> int:
    """Decode a numeric field: octal, or GNU's base-256. Raises TarError."""
    if text[0] & 0x80:
        value = int.from_bytes(text, "big")
        bits = 8 * len(text)
        return value - (1 << bits) if text[0] & 0x40 else value - (1 << (bits - 1))
    try:
        return int(text.partition(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        raise TarError("invalid tar header: not a number") from None


def _checked_kind(block: bytes) -> bytes:
    """Return the type flag. Some writers take bytes as signed when they add them up."""
    told = number(block[148:156])
    total = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if told != total and told != total - 256 * sum(byte >> 7 for byte in block[:148] + block[156:]):
        raise TarError("invalid tar header: wrong checksum")
    return block[156:157]


def _body(stream: TarStream, block: bytes) -> bytes:
    size = number(block[124:136])
    if not 0 <= size <= _LIMIT:
        raise TarError(f"invalid tar header: an extended header of {size} bytes")
    content = stream.read(size)
    stream.pad(size)
    return content


def _pax_records(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield `LENGTH KEY=VALUE\\n` records. Sparse maps of version 0.0 repeat keys, so those are gathered into version 0.1's one key."""
    sparse: list[bytes] = []
    start = 0
    while start < len(body):
        space = body.find(b" ", start, start + _LENGTH_DIGITS)
        length = body[start : max(space, start)]
        end = start + (int(length) if length.isdigit() else 0)
        key, equals, value = body[space + 1 : end - 1].partition(b"=")
        if not start < space < end <= len(body) or not equals or body[end - 1 : end] != b"\n":
            raise TarError("invalid tar header: malformed PAX record")
        start = end
        if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            sparse.append(value)
        else:
            yield key, value
    if sparse:
        yield b"GNU.sparse.map", b",".join(sparse)


def _entry(stream: TarStream, block: bytes, kind: bytes, pax: dict[bytes, bytes]) -> Entry:
    entry = _plain_entry(block, kind)
    if pax:
        _amend(entry, pax)
    if entry.kind != REGULAR and entry.kind in b"123456":
        entry.size = 0
    entry.real_size = entry.size
    if kind == b"S":
        _gnu_sparse(stream, block, entry)
    elif pax:
        _pax_sparse(stream, entry, pax)
    _check(entry)
    return entry


def _check(entry: Entry) -> None:
    """Refuse what no file can have. A time that none can have is as good as none."""
    if not (0 <= entry.uid < _NO_ID and 0 <= entry.gid < _NO_ID):
        raise TarError(f"invalid tar header: owner {entry.uid}:{entry.gid}")
    if not (0 <= entry.size < _TOO_LONG and 0 <= entry.real_size < _TOO_LONG):
        raise TarError(f"invalid tar header: size {entry.size}")
    if not (0 <= entry.major < 1 << 12 and 0 <= entry.minor < 1 << 20):
        raise TarError(f"invalid tar header: device {entry.major}:{entry.minor}")
    if any(b"\0" in name for name in (entry.name, entry.linkname, *entry.xattrs)):
        raise TarError("invalid tar header: a NUL in the name")
    if not -_TOO_LONG <= entry.mtime_ns < _TOO_LONG:
        entry.mtime_ns = 0


def _plain_entry(block: bytes, kind: bytes) -> Entry:
    """Return what the header alone says. Before ustar a directory was a file whose name ends in a slash."""
    name = block[:100].partition(b"\0")[0]
    if block[345] and block[257:263] == b"ustar\0":
        name = block[345:500].partition(b"\0")[0] + b"/" + name
    if kind in _REGULAR_TYPES:
        kind = DIRECTORY if kind == b"\0" and name.endswith(b"/") else REGULAR
    is_device = kind in b"34"
    return Entry(
        name=name,
        kind=kind,
        mode=number(block[100:108]) & 0o7777,
        uid=number(block[108:116]),
        gid=number(block[116:124]),
        size=number(block[124:136]),
        mtime_ns=number(block[136:148]) * 1_000_000_000,
        linkname=block[157:257].partition(b"\0")[0],
        major=number(block[329:337]) if is_device else 0,
        minor=number(block[337:345]) if is_device else 0,
    )


def _amend(entry: Entry, pax: dict[bytes, bytes]) -> None:
    """Let the extended header's values replace the header's. One that is empty stands for none (pax: "the record is deleted")."""
    pax = {key: value for key, value in pax.items() if value or key.startswith(XATTR)}
    entry.name = pax.get(b"path", entry.name)
    entry.linkname = pax.get(b"linkpath", entry.linkname)
    try:
        entry.size = int(pax.get(b"size", entry.size))
        entry.uid = int(pax.get(b"uid", entry.uid))
        entry.gid = int(pax.get(b"gid", entry.gid))
        if b"mtime" in pax:
            entry.mtime_ns = _nanoseconds(pax[b"mtime"])
    except ValueError:
        raise TarError("invalid tar header: a PAX value is not a number") from None
    for key, value in pax.items():
        if key.startswith(XATTR):
            entry.xattrs[_decoded_key(key[len(XATTR) :])] = value


def encoded_key(name: bytes) -> bytes:
    """Return an attribute's name as GNU tar writes it in a PAX key, which may not contain `=`."""
    return name.replace(b"%", b"%25").replace(b"=", b"%3D")


def _decoded_key(key: bytes) -> bytes:
    return key.replace(b"%3D", b"=").replace(b"%25", b"%") if b"%" in key else key


def _nanoseconds(text: bytes) -> int:
    """Return a decimal count of seconds as nanoseconds, exactly."""
    seconds, _, fraction = text.partition(b".")
    part = int(fraction[:9].ljust(9, b"0"))
    return int(seconds) * 1_000_000_000 + (-part if text.startswith(b"-") else part)


def _gnu_sparse(stream: TarStream, block: bytes, entry: Entry) -> None:
    """Old GNU format: four pieces in the header, 21 in each block that follows while a flag says so."""
    pieces = _sparse_pieces(block[386:482])
    more = block[482]
    entry.real_size = number(block[483:495])
    while more:
        if 2 * len(pieces) > _LIMIT:
            raise TarError("invalid tar header: malformed sparse map")
        extension = stream.read(BLOCK)
        pieces += _sparse_pieces(extension[:504])
        more = extension[504]
    _set_sparse(entry, pieces)


def _sparse_pieces(text: bytes) -> list[tuple[int, int]]:
    starts = range(0, len(text), 24)
    return [(number(text[at : at + 12]), number(text[at + 12 : at + 24])) for at in starts if text[at]]


def _pax_sparse(stream: TarStream, entry: Entry, pax: dict[bytes, bytes]) -> None:
    """PAX formats 0.0 and 0.1 keep the map in the header, 1.0 in front of the data."""
    try:
        if b"GNU.sparse.map" in pax:
            numbers = [int(n) for n in pax[b"GNU.sparse.map"].split(b",") if n]
        elif pax.get(b"GNU.sparse.major") == b"1":
            numbers = _leading_numbers(stream, entry)
        else:
            return
        entry.name = pax.get(b"GNU.sparse.name", entry.name)
        entry.real_size = int(pax.get(b"GNU.sparse.realsize", pax.get(b"GNU.sparse.size", b"")))
        pieces = list(zip(numbers[::2], numbers[1::2], strict=True))
    except ValueError:
        raise TarError("invalid tar header: malformed sparse map") from None
    _set_sparse(entry, pieces)


def _leading_numbers(stream: TarStream, entry: Entry) -> list[int]:
    blocks: list[bytes] = []
    lines, needed = 0, 1
    while lines < needed:
        entry.size -= BLOCK
        if entry.size < 0 or len(blocks) * BLOCK > _LONGEST_NUMBER * _LIMIT:
            raise ValueError
        blocks.append(stream.read(BLOCK))
        lines += blocks[-1].count(b"\n")
        if needed == 1 and lines:
            needed += 2 * int(b"".join(blocks).partition(b"\n")[0])
            if not 0 < needed <= _LIMIT:
                raise ValueError
    return [int(line) for line in b"".join(blocks).split(b"\n")[1:needed]]


def _set_sparse(entry: Entry, pieces: list[tuple[int, int]]) -> None:
    end = 0
    for offset, length in pieces:
        if offset < end or length < 0:
            raise TarError("invalid tar header: malformed sparse map")
        end = offset + length
    if end > entry.real_size or sum(length for _, length in pieces) != entry.size:
        raise TarError("invalid tar header: malformed sparse map")
    entry.sparse = pieces
