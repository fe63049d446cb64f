"""Rotated files in gzip form and back, whole ones and damaged ones."""

import gzip
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sdk.logfiles.compression import compress, decompress, decompressed, first_line

LINES = b"".join(b"%d\n" % random.Random(1).getrandbits(64 + number % 8) for number in range(20_000))


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    plain = tmp_path / "log.1"
    plain.write_bytes(LINES)
    os.utime(plain, ns=(1, 1_700_000_000_123_456_789))
    descriptor = os.open(plain, os.O_RDONLY)
    try:
        compress(descriptor, tmp_path / "log.1.gz")
    finally:
        os.close(descriptor)
    return tmp_path / "log.1.gz"


def unpacked(path: Path) -> bytes:
    packed = os.open(path, os.O_RDONLY)
    plain = decompressed(packed, path.parent)
    try:
        return os.pread(plain, 1 << 24, 0)
    finally:
        os.close(plain)
        os.close(packed)


def test_a_compressed_file_has_the_content_and_the_time_of_the_plain_one(packed: Path) -> None:
    assert gzip.decompress(packed.read_bytes()) == LINES
    assert os.stat(packed).st_mtime_ns == 1_700_000_000_123_456_789
    assert first_line(packed) == LINES.split(b"\n")[0] + b"\n"
    assert unpacked(packed) == LINES
    assert sorted(os.listdir(packed.parent)) == ["log.1", "log.1.gz"]


def test_a_plain_file_takes_the_place_of_a_compressed_one(packed: Path) -> None:
    decompress(packed, packed.parent / "log")
    assert (packed.parent / "log").read_bytes() == LINES
    assert sorted(os.listdir(packed.parent)) == ["log", "log.1"]


def cut(content: bytes) -> bytes:
    return content[:-1000]


def overwritten(content: bytes) -> bytes:
    half = len(content) // 2
    return content[:half] + b"\xff" * 4096 + content[half + 4096 :]


def other_sum(content: bytes) -> bytes:
    return content[:-8] + bytes(8)


@pytest.mark.parametrize("damage", [cut, overwritten, other_sum])
def test_what_comes_before_the_damage_is_read(packed: Path, damage: Callable[[bytes], bytes]) -> None:
    packed.write_bytes(damage(packed.read_bytes()))
    found = unpacked(packed)
    assert found[:100_000] == LINES[:100_000]
    decompress(packed, packed.parent / "log")
    assert (packed.parent / "log").read_bytes() == found


@pytest.mark.parametrize("content", [b"", b"no gzip", b"\x1f\x8b\x08\x00" + b"\xff" * 20, b"\x1f\x8b"])
def test_a_file_that_is_damaged_from_its_beginning_has_no_lines(packed: Path, content: bytes) -> None:
    packed.write_bytes(content)
    assert first_line(packed) == b""
    assert unpacked(packed) == b""
