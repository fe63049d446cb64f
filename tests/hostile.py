"""Archives made to do harm: what each tries, and the error it meets, if any."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_END = bytes(1024)
_MANY = 20_000


@dataclass(frozen=True)
class Hostile:
    """One archive. `refusal` is what the error says; where it is empty the archive is unpacked, inside its own root."""

    name: str
    content: bytes
    refusal: str = ""


def corpus(canary: Path) -> list[Hostile]:
    """Return the archives; they are after the file `canary`, a path on the host, and after `secret` beside it, which none of them makes."""
    return [*_names(canary), *_links(canary), *_devices(), *_headers(), *_bombs(), *_damage()]


def _names(canary: Path) -> Iterator[Hostile]:
    for shown, name in (
        ("dots", f"{'../' * 30}{canary}"),
        ("root", f"//{canary}"),
        ("dots inside", f"a/b/../../{'../' * 30}{canary}"),
    ):
        yield Hostile(f"a name of {shown}", _tar(_file(name, b"harm")))
    yield Hostile("a whiteout outside", _tar(_file(f"{'../' * 30}{canary.parent}/.wh.{canary.name}")))
    yield Hostile(
        "whiteouts of dots", _tar(_file(".wh."), _file("a/.wh.."), _file(".wh..."), _file(".wh..wh..opq"), _file(".wh..wh.aufs"))
    )
    yield Hostile("a name too long", _tar(_file("d/" * 3000 + "x")), "file name too long")
    yield Hostile("a name far too long", _tar(_file("d/" * 400_000 + "x")), "file name too long")
    yield Hostile("a NUL in a name", _with_pax(b"path=a\0b"), "a NUL in the name")


def _links(canary: Path) -> Iterator[Hostile]:
    up = "/".join([".."] * 30)
    for shown, target in (("absolute", "/"), ("upward", up)):
        through = _file(f"way{canary}", b"harm")
        yield Hostile(f"a file through an {shown} symlink", _tar(_link("way", target), through))
        yield Hostile(
            f"a directory's mode through an {shown} symlink", _tar(_link("way", target), _directory(f"way{canary.parent}", 0))
        )
    yield Hostile("a file on a symlink", _tar(_link("file", str(canary)), _file("file", b"harm")))
    secret = canary.with_name("secret")
    for shown, target in (("absolute", str(secret)), ("upward", f"{up}{secret}")):
        yield Hostile(
            f"an {shown} hard link", _tar(_link("stolen", target, tarfile.LNKTYPE)), r"link /\S+ /\S*stolen: no such file"
        )
    through = _link("stolen", f"way{secret}", tarfile.LNKTYPE)
    yield Hostile("a hard link through a symlink", _tar(_link("way", "/"), through), "no such file")
    yield Hostile("a symlink to itself", _tar(_link("loop", "loop"), _file("loop/file")), "^$|too many levels")
    yield Hostile("a hard link to itself", _tar(_link("loop", "loop", tarfile.LNKTYPE)))
    yield Hostile(
        "a directory on a symlink on a directory", _tar(_directory("d"), _link("d", "/"), _directory("d", 0), _file("d/x"))
    )


def _devices() -> Iterator[Hostile]:
    disk = tarfile.TarInfo("disk")
    disk.type, disk.devmajor, disk.devminor = tarfile.BLKTYPE, 8, 0
    yield Hostile("a disk", _tar(disk))
    memory = tarfile.TarInfo("memory")
    memory.type, memory.devmajor, memory.devminor, memory.mode = tarfile.CHRTYPE, 1, 1, 0o666
    yield Hostile("a memory device", _tar(memory))
    yield Hostile("a device no kernel has", _header("f", b"3", major=b"\x80" + b"\xff" * 7), "invalid tar header: device")


def _headers() -> Iterator[Hostile]:
    invalid = "invalid tar header"
    yield Hostile("a negative size", _with_pax(b"size=-512"), invalid)
    yield Hostile("a size beyond all", _header("f", size=b"\x80" + b"\xff" * 11), invalid)
    yield Hostile("an owner beyond all", _with_pax(b"uid=99999999999"), invalid)
    yield Hostile("a time beyond all", _with_pax(b"mtime=" + b"9" * 40))
    yield Hostile("a size in words", _with_pax(b"size=many"), invalid)
    yield Hostile("a record of no length", _header("x", b"x", size=b"%011o\0" % 8) + b"0 path=a".ljust(512, b"\0"), invalid)
    yield Hostile(
        "an extended header of a gigabyte", _header("x", b"x", size=b"%011o\0" % (1 << 30)), "extended header of 1073741824 bytes"
    )
    yield Hostile("endless extended headers", _header("x", b"L", size=b"%011o\0" % (1 << 19), body=b"a" * (1 << 19)) * 3, invalid)
    yield Hostile("a sparse map of nonsense", _with_pax(b"GNU.sparse.map=0,9,1,2", b"GNU.sparse.size=3"), invalid)
    yield Hostile(
        "a sparse file of eight exbibytes",
        _with_pax(b"GNU.sparse.map=", b"GNU.sparse.size=9223372036854775807"),
        "^$|file too large",
    )
    yield Hostile("an attribute of overlayfs", _with_pax(b"SCHILY.xattr.trusted.overlay.redirect=/etc"))
    yield Hostile("an attribute with a NUL in its name", _with_pax(b"SCHILY.xattr.user.a\0b=c"), invalid)


def _bombs() -> Iterator[Hostile]:
    yield Hostile("many members", gzip.compress(_tar(*(_directory(f"d{number}") for number in range(_MANY))), 1))
    one = _header("same", size=b"%011o\0" % 0)
    yield Hostile("a name again and again", gzip.compress(one * _MANY + _END, 1))
    yield Hostile("archives in an archive", gzip.compress(gzip.compress(_tar(_file("f")))), invalid_or_eof())


def _damage() -> Iterator[Hostile]:
    whole = _tar(_file("file", bytes(range(256)) * 400))
    yield Hostile("truncated", whole[:60_000], "unexpected EOF")
    yield Hostile("truncated gzip", gzip.compress(whole)[:-200], "EOF|[Ee]nd-of-stream|end of")
    yield Hostile("garbage", b"not a tar at all " * 100, "invalid tar header")


def invalid_or_eof() -> str:
    """What is said of bytes that are no tar: their first block is no header, or they are fewer than a block."""
    return "invalid tar header|unexpected EOF"


def _tar(*members: tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            info, content = member if isinstance(member, tuple) else (member, b"")
            archive.addfile(info, io.BytesIO(content))
    return output.getvalue()


def _file(name: str, content: bytes = b"") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info, content


def _directory(name: str, mode: int = 0o755) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, mode
    return info


def _link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def _header(name: str, kind: bytes = b"0", *, size: bytes = b"%011o\0" % 0, major: bytes = bytes(8), body: bytes = b"") -> bytes:
    block = bytearray(tarfile.TarInfo(name).tobuf(tarfile.USTAR_FORMAT))
    block[124:136], block[156:157], block[329:337] = size, kind, major
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + body + bytes(-len(body) % 512)


def _with_pax(*records: bytes) -> bytes:
    body = b"".join(_record(record) for record in records)
    return _header("x", b"x", size=b"%011o\0" % len(body), body=body) + _header("file") + _END


def _record(text: bytes) -> bytes:
    length = len(text) + 3
    while len(b"%d %s\n" % (length, text)) != length:
        length += 1
    return b"%d %s\n" % (length, text)
