"""Telling archives, which ADD unpacks, from other files."""

import bz2
import gzip
import io
import lzma
import tarfile
from pathlib import Path

import pytest
import zstandard

from core.engine.builds.archives import is_archive


def tar(format_: int = tarfile.GNU_FORMAT, *, size: int = 100) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=format_) as archive:
        info = tarfile.TarInfo("file")
        info.size = size
        archive.addfile(info, io.BytesIO(b"x" * size))
    return output.getvalue()


def old(*, right: bool = True) -> bytes:
    """Return a header of the oldest format: it has a checksum and no magic number."""
    block = bytearray(b"file".ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"00000000144\0" + b"00000000000\0")
    block += b" " * 8 + bytes(512 - len(block) - 8)
    block[148:156] = b"%06o\0 " % (sum(block) + (not right))
    return bytes(block)


@pytest.mark.parametrize(
    "content",
    [
        tar(), tar(tarfile.USTAR_FORMAT), tar(tarfile.PAX_FORMAT), tar()[:512], old(), old() + bytes(1024),
        gzip.compress(tar(), mtime=0), bz2.compress(tar()), lzma.compress(tar()), zstandard.ZstdCompressor().compress(tar()),
        gzip.compress(tar(size=1 << 20), mtime=0)[:2000],
    ],
    ids=("gnu", "ustar", "pax", "cut off", "old", "old and more", "gzip", "bzip2", "xz", "zstd", "damaged later"),
)  # fmt: skip
def test_what_is_an_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert is_archive(tmp_path / "file")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"text", bytes(512), bytes(10240), b"x" * 512, old(right=False), tar()[:511], b"PK\x03\x04" + bytes(600),
        gzip.compress(b"text", mtime=0), gzip.compress(b"", mtime=0), b"\x1f\x8b" + b"x" * 600, b"\x28\xb5\x2f\xfd" + b"x" * 600,
        b"BZh9" + b"x" * 600, b"\xfd7zXZ\0" + b"x" * 600, b"\0" + old()[1:],
    ],
    ids=range(15),
)  # fmt: skip
def test_what_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert not is_archive(tmp_path / "file")
