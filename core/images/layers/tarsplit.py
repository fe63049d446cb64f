"""A layer's tar taken apart: what its files hold is left out, all else is kept as it was. The *recipe* that remains and the layer's files
together give the tar back, byte for byte, so the layer keeps its diffID without its archive.

A recipe is a zstd stream of records: bytes as they stood in the tar, or the name of a file with an offset and a length. A file stands in
for bytes only if it was seen to hold exactly these; whatever else a tar has is in the recipe.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from struct import Struct
from typing import IO, Protocol

import zstandard

from core.archives.compression import Reader
from core.archives.headers import REGULAR, Entry, entries
from core.archives.tarstream import TarError, TarStream
from core.archives.untar import confined

_RECORD = Struct("<QQH")
"""Offset in the file, length, length of the file's name; without a name the bytes themselves follow."""
_FLUSH = 1 << 18
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Source(Protocol):
    """A recipe's own reader: exact amounts, b"" at the end."""

    def read(self, size: int, /) -> bytes: ...


class Recipe:
    """A recipe being written to a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._output = zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False)
        self._verbatim = bytearray()

    def keep(self, content: bytes | memoryview) -> None:
        """Add bytes as they are."""
        self._verbatim += content
        if len(self._verbatim) >= _FLUSH:
            self._flush()

    def refer(self, name: bytes, offset: int, length: int) -> None:
        """Add bytes that a file holds."""
        self._flush()
        self._output.write(_RECORD.pack(offset, length, len(name)) + name)

    def close(self) -> None:
        """Write what is gathered, and the end of the stream."""
        self._flush()
        self._output.flush(zstandard.FLUSH_FRAME)

    def _flush(self) -> None:
        if self._verbatim:
            self._output.write(_RECORD.pack(0, len(self._verbatim), 0) + self._verbatim)
            self._verbatim.clear()


class Splitting(TarStream):
    """A tar that is read to its end and written down; names are looked up below the current root directory."""

    def __init__(self, source: Reader, recipe: Recipe) -> None:
        super().__init__(source)
        self._recipe = recipe

    def run(self) -> None:
        """Write the recipe. Raises TarError for what is no tar."""
        for entry in entries(self):
            name = confined(entry.name)
            file = _opened(name) if entry.kind == REGULAR and entry.size else -1
            try:
                self._content(entry, name, file)
            finally:
                if file >= 0:
                    os.close(file)
            self.pad(entry.size)
        with suppress(TarError):  # the end of the stream is what is looked for
            self.skip(sys.maxsize)

    def read(self, size: int) -> bytes:
        return b"".join(bytes(piece) for piece in self.pieces(size))

    def upto(self, size: int) -> Iterator[memoryview]:
        for piece in super().upto(size):
            self._recipe.keep(piece)
            yield piece

    def _content(self, entry: Entry, name: bytes, file: int) -> None:
        if file < 0:
            self.skip(entry.size)
            return
        for offset, length in entry.sparse or [(0, entry.size)]:
            self._compared(name, file, offset, length)

    def _compared(self, name: bytes, file: int, offset: int, length: int) -> None:
        """Refer to a file for as long as it holds what the tar does, and keep the rest."""
        found, is_same = 0, True
        for piece in self._unkept(length):
            is_same = is_same and os.pread(file, len(piece), offset + found) == bytes(piece)
            if is_same:
                found += len(piece)
                continue
            if found:
                self._recipe.refer(name, offset, found)
                found = 0
            self._recipe.keep(piece)
        if found:
            self._recipe.refer(name, offset, found)

    def _unkept(self, size: int) -> Iterator[memoryview]:
        for piece in super().upto(size):
            size -= len(piece)
            yield piece
        if size:
            raise TarError("unexpected EOF")


def joined(recipe: IO[bytes]) -> Iterator[bytes]:
    """Yield the tar that a recipe and the files below the current root directory make. Raises EOFError if a file is not what it was,
    OSError, ZstdError."""
    with zstandard.ZstdDecompressor().stream_reader(recipe) as source:
        while head := _exactly(source, _RECORD.size):
            offset, length, name_length = _RECORD.unpack(head)
            if name_length:
                yield from _file(_exactly(source, name_length), offset, length)
            else:
                yield _exactly(source, length)


def _exactly(source: Source, size: int) -> bytes:
    content = b""
    while len(content) < size and (more := source.read(size - len(content))):
        content += more
    if content and len(content) < size:
        raise EOFError("the recipe is cut off")
    return content


def _file(name: bytes, offset: int, length: int) -> Iterator[bytes]:
    file = os.open(name, _OPEN)
    try:
        while length:
            piece = os.pread(file, min(length, _FLUSH), offset)
            if not piece:
                raise EOFError(f"{os.fsdecode(name)} is shorter than it was")
            yield piece
            offset += len(piece)
            length -= len(piece)
    finally:
        os.close(file)


def _opened(name: bytes) -> int:
    """Return a descriptor of a regular file; -1 if there is none of that name. A layer does not change; its devices are not opened."""
    try:
        return os.open(name, _OPEN) if stat.S_ISREG(os.lstat(name).st_mode) else -1
    except (OSError, ValueError):
        return -1
