"""Headers this engine writes, read by Python's tarfile and by its own reader."""

import io
import os
import stat
import tarfile

import pytest

from core.archives.header_writing import END, file_header, hardlink_header, header, sparse_header
from core.archives.headers import entries
from core.archives.tarstream import TarStream, padding


def status(mode: int, *, uid: int = 0, gid: int = 0, size: int = 0, mtime: int = 0, ns: int = 0) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, uid, gid, size, mtime, mtime, mtime), {"st_mtime_ns": mtime * 1_000_000_000 + ns})


def reread(blocks: bytes) -> tarfile.TarInfo:
    with tarfile.open(fileobj=io.BytesIO(blocks + END), errors="surrogateescape") as archive:
        (found,) = archive.getmembers()
        return found


def test_a_plain_file_needs_one_block():
    blocks = header(b"etc/passwd", status(stat.S_IFREG | 0o4755, uid=5, gid=6, mtime=1_500_000_000))
    assert len(blocks) == 512
    found = reread(blocks)
    assert (found.name, found.mode, found.uid, found.gid, found.mtime) == ("etc/passwd", 0o4755, 5, 6, 1_500_000_000)


def test_directories_end_in_a_slash():
    assert header(b"etc", status(stat.S_IFDIR | 0o755)).startswith(b"etc/\0")
    assert reread(header(b"/", status(stat.S_IFDIR | 0o755))).isdir()


def test_links():
    symlink = reread(header(b"a", status(stat.S_IFLNK | 0o777), b"/target"))
    hardlink = reread(hardlink_header(b"a", status(stat.S_IFREG | 0o644, size=100), b"b"))
    assert (symlink.issym(), symlink.linkname) == (True, "/target")
    assert (hardlink.islnk(), hardlink.linkname, hardlink.size) == (True, "b", 0)


@pytest.mark.parametrize("name", [b"n" * 101, b"d/" * 300 + b"x", "grün".encode(), b"raw\xff\xfe", b"x" * 983])
def test_what_ustar_cannot_say_goes_to_a_pax_header(name: bytes):
    blocks = header(name, status(stat.S_IFLNK | 0o777), name)
    (found,) = entries(TarStream(io.BytesIO(blocks + END)))
    assert (found.name, found.linkname) == (name, name)


def test_large_numbers_and_xattrs():
    blocks = header(
        b"f", status(stat.S_IFREG, uid=1 << 30, gid=-2 & 0xFFFFFFFF, size=9 << 33, mtime=-5), xattrs={b"user.x": b"\0=\n"}
    )
    (found,) = entries(TarStream(io.BytesIO(blocks)))
    assert (found.uid, found.gid, found.size, found.mtime_ns) == (1 << 30, 0xFFFFFFFE, 9 << 33, -5_000_000_000)
    assert found.xattrs == {b"user.x": b"\0=\n"}


def test_a_file_that_is_on_no_disk():
    assert reread(file_header(b"a/.wh.b", 0)).name == "a/.wh.b"


@pytest.mark.parametrize(
    ("seconds", "ns"), [(1_700_000_000, 1), (0, 999_999_999), (-1, 1), (-5, 500_000_000), (9_000_000_000, 123_000_000)]
)
def test_times_to_the_nanosecond(seconds: int, ns: int):
    (found,) = entries(TarStream(io.BytesIO(header(b"f", status(stat.S_IFREG, mtime=seconds, ns=ns)) + END)))
    assert found.mtime_ns == seconds * 1_000_000_000 + ns


def test_an_attribute_whose_name_has_an_equals_sign():
    blocks = header(b"f", status(stat.S_IFREG), xattrs={b"user.a=b%c%3D": b"x"})
    assert b"SCHILY.xattr.user.a%3Db%25c%253D=x" in blocks
    (found,) = entries(TarStream(io.BytesIO(blocks + END)))
    assert found.xattrs == {b"user.a=b%c%3D": b"x"}


@pytest.mark.parametrize("pieces", [[], [(0, 3)], [(5, 3)], [(0, 1), (9_999, 1)], [(number * 10, 1) for number in range(300)]])
def test_holes_are_read_by_others(pieces: list[tuple[int, int]]):
    data = b"".join(b"x" * length for _, length in pieces)
    name = b"d/" + b"n" * 120
    blocks = sparse_header(name, status(stat.S_IFREG | 0o600, size=10_000), pieces) + data + bytes(padding(len(data))) + END
    with tarfile.open(fileobj=io.BytesIO(blocks)) as archive:
        (member,) = archive.getmembers()
        content = archive.extractfile(member)
        assert content is not None
        assert (member.name.encode(), member.size) == (name, 10_000)
        assert content.read().count(b"x") == len(data)
    found = next(entries(TarStream(io.BytesIO(blocks))))
    assert (found.name, found.real_size, [piece for piece in found.sparse or () if piece[1]]) == (name, 10_000, pieces)
