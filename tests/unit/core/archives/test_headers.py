"""The tar reader against archives that GNU tar and Python's tarfile make, and against broken ones."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from core.archives.headers import DIRECTORY, HARDLINK, REGULAR, SYMLINK, Entry, entries, number
from core.archives.tarstream import TarError, TarStream


def read(archive: bytes) -> list[tuple[Entry, bytes]]:
    stream = TarStream(io.BytesIO(archive))
    found = []
    for entry in entries(stream):
        found.append((entry, stream.read(entry.size)))
        stream.pad(entry.size)
    return found


def written(*members: tarfile.TarInfo, format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=format, encoding="utf-8", errors="surrogateescape") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return output.getvalue()


def member(name: str, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def gnu_tar(directory: Path, *options: str) -> bytes:
    return subprocess.run(["tar", "-C", directory, *options, "-cf", "-", "."], check=True, capture_output=True).stdout


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_plain_members_of_every_format(format: int):  # noqa: A002
    archive = written(
        member("d", type=tarfile.DIRTYPE, mode=0o1777),
        member("d/file", size=1000, mode=0o4755, uid=1000, gid=1001, mtime=1_500_000_000),
        member("link", type=tarfile.SYMTYPE, linkname="d/file"),
        member("hard", type=tarfile.LNKTYPE, linkname="d/file"),
        member("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        format=format,
    )
    found = [entry for entry, _ in read(archive)]
    assert [(entry.name.rstrip(b"/"), entry.kind) for entry in found] == [
        (b"d", DIRECTORY), (b"d/file", REGULAR), (b"link", SYMLINK), (b"hard", HARDLINK), (b"null", b"3"),
    ]  # fmt: skip
    file = found[1]
    assert (file.mode, file.uid, file.gid, file.size, file.mtime_ns) == (0o4755, 1000, 1001, 1000, 1_500_000_000_000_000_000)
    assert found[2].linkname == found[3].linkname == b"d/file"
    assert (found[4].major, found[4].minor) == (1, 3)


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_odd_names(format: int):  # noqa: A002
    names = ["a/" * 200 + "end", "grün", "raw\udcff\udcfe", "x" * 100, "y" * 101, "nl\nname"]
    archive = written(*(member(name, type=tarfile.SYMTYPE, linkname=name) for name in names), format=format)
    found = [(entry.name, entry.linkname) for entry, _ in read(archive)]
    if format == tarfile.GNU_FORMAT:
        assert found == [(name.encode("utf-8", "surrogateescape"),) * 2 for name in names]
    else:
        assert [name for name, _ in found][:2] == [name.encode() for name in names[:2]]


def test_ustar_prefixes():
    name = "p" * 100 + "/" + "n" * 90
    assert [entry.name for entry, _ in read(written(member(name), format=tarfile.USTAR_FORMAT))] == [name.encode()]


def test_pax_values_replace_the_header_and_global_ones_are_defaults():
    info = member("short", size=3, mtime=1.123456789)
    info.pax_headers = {"mtime": "1500000000.123456789", "uid": "4000000000", "SCHILY.xattr.user.note": "kept=\n"}
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"gid": "77"}) as archive:
        archive.addfile(info, io.BytesIO(b"abc"))
        archive.addfile(member("next"))
    (first, content), (second, _) = read(output.getvalue())
    assert (first.mtime_ns, first.uid, first.gid) == (1_500_000_000_123_456_789, 4_000_000_000, 77)
    assert first.xattrs == {b"user.note": b"kept=\n"}
    assert content == b"abc"
    assert (second.uid, second.gid, second.xattrs) == (0, 77, {})


def test_numbers_in_octal_and_base_256():
    assert number(b"0000644\0") == 0o644
    assert number(b" 644 \0\0\0") == 0o644
    assert number(bytes(8)) == 0
    assert number(b"\x80" + bytes(6) + b"\x05") == 5
    assert number(b"\x80\0\0\0" + (1 << 40).to_bytes(8, "big")) == 1 << 40
    assert number(b"\xff" * 12) == -1


@pytest.mark.parametrize(
    "options",
    [["--format=gnu"], ["--format=pax", "--sparse-version=0.0"], ["--format=pax", "--sparse-version=0.1"], ["--format=pax"]],
)
def test_sparse_files_of_every_format(tmp_path: Path, options: list[str]):
    with (tmp_path / "sparse").open("wb") as file:
        for number_ in range(40):
            file.seek(number_ << 17)
            file.write(b"%04d" % number_)
        file.truncate(8 << 20)
    found = {entry.name: (entry, content) for entry, content in read(gnu_tar(tmp_path, *options, "--sparse"))}
    entry, content = found[b"./sparse"]
    whole, at = bytearray(entry.real_size), 0
    for offset, length in entry.sparse or ():
        whole[offset : offset + length] = content[at : at + length]
        at += length
    assert bytes(whole) == (tmp_path / "sparse").read_bytes()
    assert entry.size < 1 << 20


def test_an_archive_may_lack_its_end():
    archive = written(member("file", size=10))
    assert len(read(archive[:1024])) == 1
    assert read(b"") == []


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda archive: archive[:700], "unexpected EOF"),
        (lambda archive: archive[:300], "unexpected EOF"),
        (lambda archive: b"X" + archive[1:], "wrong checksum"),
        (lambda archive: b"not a tar" * 100, "invalid tar header"),
    ],
)
def test_damage_is_told(broken, message: str):
    with pytest.raises(TarError, match=message):
        read(broken(written(member("file", size=600))))


def _pax(body: bytes) -> bytes:
    return written(member("x", type=tarfile.XHDTYPE, size=len(body)), format=tarfile.USTAR_FORMAT)[:512] + body.ljust(512, b"\0")


@pytest.mark.parametrize("body", [b"9999 a=b\n", b"abc", b"6 ab\n\n", b"-1 a=b\n", b"0 a=b\n", b"12 size=abc\n"])
def test_hostile_pax_records(body: bytes):
    with pytest.raises(TarError):
        read(_pax(body) + written(member("file")))


def test_a_negative_size_and_an_endless_header_are_refused():
    with pytest.raises(TarError, match="size -9"):
        read(_pax(b"11 size=-9\n") + written(member("file")))
    huge = written(member("x", type=tarfile.XHDTYPE, size=0), format=tarfile.USTAR_FORMAT)[:512]
    block = bytearray(huge)
    block[124:136] = b"%011o\0" % (1 << 30)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    with pytest.raises(TarError, match="extended header"):
        read(bytes(block))


@pytest.mark.parametrize("is_right", [True, False])
def test_a_checksum_of_signed_bytes_is_one_too(is_right: bool):
    block = bytearray(tarfile.TarInfo("n\u00e4me").tobuf(tarfile.USTAR_FORMAT, "iso-8859-1", "strict"))
    counted = block[:148] + b" " * 8 + block[156:]
    told = sum(byte - 256 if byte > 127 else byte for byte in counted) + (0 if is_right else 256 * 3)
    block[148:156] = b"%06o\0 " % told
    if is_right:
        assert read(bytes(block) + bytes(1024))[0][0].name == b"n\xe4me"
    else:
        with pytest.raises(TarError, match="wrong checksum"):
            read(bytes(block) + bytes(1024))


CONTENT = written(member("file", size=47))[: 512 + 47]
"""A header and a content that does not fill its block."""


@pytest.mark.parametrize("after", [0, 1, 464, 465, 465 + 512, 465 + 1024, 465 + 1024 + 7])
def test_an_archive_may_end_with_its_last_content(after: int) -> None:
    """As the stock CLI writes them for `docker build -f -`; Go's reader takes them, with any part of the padding and the end."""
    if after == 465 + 1024 + 7:  # what follows the end is not looked at
        ((entry, content),) = read(CONTENT + bytes(465 + 1024) + b"anything")
    else:
        ((entry, content),) = read(CONTENT + bytes(after))
    assert (entry.name, content) == (b"file", b"x" * 47)


@pytest.mark.parametrize("size", [1, 511, 513, 700, 1023])
def test_an_archive_with_a_part_of_its_end_is_cut_off(size: int) -> None:
    with pytest.raises(TarError, match="unexpected EOF"):
        read(CONTENT + bytes(465 + size))


def test_an_archive_that_goes_on_after_one_block_of_zeros_is_none() -> None:
    with pytest.raises(TarError, match="invalid tar header"):
        read(CONTENT + bytes(465 + 512) + CONTENT)


@pytest.mark.parametrize("cut", [1, 46, 48, 300, 511])
def test_a_content_or_header_that_is_cut_off_is_told(cut: int) -> None:
    with pytest.raises(TarError, match="unexpected EOF"):
        read(CONTENT[:-cut])


def test_an_empty_pax_value_is_none() -> None:
    """POSIX, pax: "If the <value> field is zero length, it shall delete any header block field"; Go's reader keeps the header's."""
    body = b"8 path=\n8 size=\n7 uid=\n7 gid=\n9 mtime=\n"
    ((entry, content),) = read(_pax(body) + written(member("file", size=3, uid=5, gid=6, mtime=7), format=tarfile.USTAR_FORMAT))
    assert (entry.name, content, entry.uid, entry.gid, entry.mtime_ns) == (b"file", b"xxx", 5, 6, 7_000_000_000)


def test_an_empty_pax_value_takes_a_default_away() -> None:
    defaults = bytearray(_pax(b"11 gid=123\n"))
    defaults[156:157] = b"g"
    defaults[148:156] = b" " * 8
    defaults[148:156] = b"%06o\0 " % sum(defaults[:512])
    plain = written(member("file", gid=6), format=tarfile.USTAR_FORMAT)[:512]
    found = [entry.gid for entry, _ in read(bytes(defaults) + plain + _pax(b"7 gid=\n") + plain)]
    assert found == [123, 6]


def test_an_attribute_may_be_empty() -> None:
    ((entry, _),) = read(_pax(b"24 SCHILY.xattr.user.x=\n") + written(member("file")))
    assert entry.xattrs == {b"user.x": b""}


def test_a_nul_in_a_name_is_refused_in_words() -> None:
    with pytest.raises(TarError, match=r"^invalid tar header: a NUL in the name$"):
        read(_pax(b"13 path=a\0bc\n") + written(member("file")))
