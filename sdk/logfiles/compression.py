"""Rotated files in gzip form."""

import gzip
import os
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import IO

PACKED = ".gz"
UNFINISHED = ".unfinished"

_CHUNK = 1 << 18
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def compress(source: int, target: Path) -> None:
    """Write a gzip of an open file beside it, whole or not at all, with the original's modification time."""
    with open(source, "rb", closefd=False) as plain, gzip.open(target, "wb", compresslevel=1) as packed:
        shutil.copyfileobj(plain, packed, _CHUNK)
    modified = os.fstat(source).st_mtime_ns
    os.utime(target, ns=(modified, modified))


def decompressed(source: int, directory: Path) -> int:
    """Return a descriptor of a nameless file with the content of a compressed one. A damaged end is left out."""
    with tempfile.TemporaryFile(dir=directory) as plain:
        _unpack(source, plain)
        plain.flush()
        return os.dup(plain.fileno())


def decompress(path: Path, target: Path) -> None:
    """Replace a compressed file by a plain one, whole or not at all."""
    unfinished = path.with_name(path.name + UNFINISHED)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with open(unfinished, "wb") as plain:
            _unpack(descriptor, plain)
    finally:
        os.close(descriptor)
    os.rename(unfinished, target)
    path.unlink()


def first_line(path: Path) -> bytes:
    """Return the first line of a compressed file, b"" if it is damaged."""
    with gzip.open(path) as content:
        try:
            return content.readline()
        except _DAMAGED:
            return b""


def _unpack(source: int, plain: IO[bytes]) -> None:
    os.lseek(source, 0, os.SEEK_SET)
    with open(source, "rb", closefd=False) as packed, gzip.open(packed) as content:
        try:
            shutil.copyfileobj(content, plain, _CHUNK)
        except _DAMAGED:
            return
