"""Compressed tar streams: recognise them by their first bytes and read them as plain ones (gzip, zstd, bzip2, xz)."""

import bz2
import hashlib
import io
import lzma
import zlib
from typing import IO, Protocol, cast

import zstandard

from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD

try:
    from isal.igzip import open as open_gzip
    from isal.igzip_lib import IsalError

    _DEFLATE_ERROR = cast(type[Exception], IsalError)  # its stubs call it an instance
except ImportError:
    from gzip import open as open_gzip

    _DEFLATE_ERROR = zlib.error

CORRUPT = (EOFError, OSError, lzma.LZMAError, zstandard.ZstdError, _DEFLATE_ERROR)
"""What the readers raise for damaged data. OSError is among them: bz2 and gzip have no better."""


_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Reader(Protocol):
    """The part of a binary file that unpacking needs."""

    def read(self, size: int, /) -> bytes: ...


class HashingReader:
    """Reads a source and keeps the length of all that was read and, unless not `hashed`, the sha256."""

    def __init__(self, source: Reader, *, hashed: bool = True) -> None:
        self._source = source
        self._hashed = hashed
        self._hash = hashlib.sha256()
        self.length = 0

    def read(self, size: int, /) -> bytes:
        chunk = self._source.read(size)
        if self._hashed:
            self._hash.update(chunk)
        self.length += len(chunk)
        return chunk

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"


class BlobReader(io.RawIOBase):
    """Reads a descriptor. `head` is peeked at without being consumed."""

    def __init__(self, descriptor: int) -> None:
        self._file = open(descriptor, "rb", buffering=0, closefd=False)  # noqa: SIM115
        self._pushed_back = b""

    def head(self, size: int) -> bytes:
        """Return up to the first `size` bytes; fewer only if the stream is shorter."""
        while len(self._pushed_back) < size and (more := self._file.read(size - len(self._pushed_back))):
            self._pushed_back += more
        return self._pushed_back

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview", /) -> int:  # type: ignore[override]
        if not self._pushed_back:
            return self._file.readinto(buffer) or 0
        view = memoryview(buffer)
        count = min(len(view), len(self._pushed_back))
        view[:count] = self._pushed_back[:count]
        self._pushed_back = self._pushed_back[count:]
        return count

    def drain(self) -> None:
        """Read to the end, so that whoever writes is not cut off."""
        while self.read(1 << 20):
            pass


def decompressed(source: BlobReader) -> Reader:
    """Return a reader of the uncompressed stream, chosen by magic number; several members or frames read as one."""
    head = source.head(6)
    buffered = io.BufferedReader(source, 1 << 18)
    if head.startswith(_GZIP):
        return _as_reader(open_gzip(buffered, "rb"))  # type: ignore[no-untyped-call]
    if head.startswith(_ZSTD) or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return _as_reader(zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(buffered, read_across_frames=True))
    if head.startswith(b"BZh"):
        return _as_reader(bz2.open(buffered, "rb"))
    if head.startswith(b"\xfd7zXZ\x00"):
        return _as_reader(lzma.open(buffered, "rb"))
    return buffered


def layer_type(head: bytes) -> str:
    """Return the media type of a layer that begins so."""
    return OCI_LAYER_GZIP if head.startswith(_GZIP) else OCI_LAYER_ZSTD if head.startswith(_ZSTD) else OCI_LAYER


def _as_reader(file: IO[bytes]) -> Reader:
    return file
