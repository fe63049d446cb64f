"""Compressed streams are recognised by their first bytes and hashed on the way."""

import bz2
import gzip
import hashlib
import lzma
import os

import pytest
import zstandard

from core.archives.compression import CORRUPT, BlobReader, HashingReader, decompressed

PLAIN = b"".join(b"%d bottles of beer\n" % number for number in range(50_000))
_ZSTD = zstandard.ZstdCompressor()
FORMS = {
    "plain": lambda: PLAIN,
    "gzip": lambda: gzip.compress(PLAIN),
    "gzip of two members": lambda: gzip.compress(PLAIN[:1000]) + gzip.compress(PLAIN[1000:]),
    "zstd": lambda: _ZSTD.compress(PLAIN),
    "zstd of two frames": lambda: _ZSTD.compress(PLAIN[:1000]) + _ZSTD.compress(PLAIN[1000:]),
    "zstd after a skippable frame": lambda: b"\x50\x2a\x4d\x18\x03\0\0\0abc" + _ZSTD.compress(PLAIN),
    "bzip2": lambda: bz2.compress(PLAIN),
    "xz": lambda: lzma.compress(PLAIN, preset=1),
}
"""Made when a test wants them: every test process collects this file."""


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(tmp_path, form: str):
    (tmp_path / "blob").write_bytes(FORMS[form]())
    with (tmp_path / "blob").open("rb") as file:
        source = HashingReader(decompressed(BlobReader(file.fileno())))
        assert b"".join(iter(lambda: source.read(10_000), b"")) == PLAIN
    assert source.digest == "sha256:" + hashlib.sha256(PLAIN).hexdigest()
    assert source.length == len(PLAIN)


@pytest.mark.parametrize("form", ["gzip", "zstd", "bzip2", "xz"])
def test_damage_is_told(tmp_path, form: str):
    blob = bytearray(FORMS[form]())
    blob[len(blob) // 2 :] = os.urandom(len(blob) - len(blob) // 2)
    (tmp_path / "blob").write_bytes(blob)
    with (tmp_path / "blob").open("rb") as file:
        plain = decompressed(BlobReader(file.fileno()))
        with pytest.raises(CORRUPT):
            list(iter(lambda: plain.read(10_000), b""))


def test_an_empty_stream_is_plain(tmp_path):
    (tmp_path / "blob").touch()
    with (tmp_path / "blob").open("rb") as file:
        assert decompressed(BlobReader(file.fileno())).read(10) == b""
