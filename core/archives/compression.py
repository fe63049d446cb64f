"""Compressed tar streams: recognise them by their first bytes and read them as plain ones (gzip, zstd, bzip2, xz).

A codec is imported when a stream of its kind comes: a worker that reads a plain tar is half as long in starting.
"""

import hashlib
import io
from typing import IO, Protocol, cast


class Damaged(Exception):
    """Compressed data that cannot be what its writer wrote, in the codec's words."""


CORRUPT = (EOFError, OSError, Damaged)
"""What the readers raise for damaged data. OSError is among them: bz2 and gzip have no better."""

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
"""The first bytes of a stream."""


class Reader(Protocol):
    """The part of a binary file that unpacking needs."""

    def read(self, size: int, /) -> bytes: ...


class HashingReader:
    """Reads a source and keeps the length of all that was read and, unless not `hashed`, the digest by an algorithm."""

    def __init__(self, source: Reader, *, hashed: bool = True, algorithm: str = "sha256") -> None:
        self._source = source
        self._hashed = hashed
        self._hash = hashlib.new(algorithm)
        self.length = 0

    def read(self, size: int, /) -> bytes:
        chunk = self._source.read(size)
        if self._hashed:
            self._hash.update(chunk)
        self.length += len(chunk)
        return chunk

    @property
    def digest(self) -> str:
        return f"{self._hash.name}:{self._hash.hexdigest()}"


class BlobReader(io.RawIOBase):
    """Reads a descriptor. `head` is peeked at without being consumed."""

    def __init__(self, descriptor: int) -> None:
        self._file = open(descriptor, "rb", buffering=0, closefd=False)  # noqa: SIM115 - the caller closes the descriptor
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
        """Read to the end, so that the writer is not cut off."""
        while self.read(1 << 20):
            pass


def decompressed(source: BlobReader) -> Reader:
    """Return a reader of the uncompressed stream, chosen by magic number; several members or frames read as one."""
    head = source.head(6)
    buffered: IO[bytes] = io.BufferedReader(source, 1 << 18)
    if head.startswith(GZIP):
        return _gzip(buffered)
    if head.startswith(ZSTD) or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return _zstd(buffered)
    if head.startswith(b"BZh"):
        return _bzip2(buffered)
    if head.startswith(b"\xfd7zXZ\x00"):
        return _xz(buffered)
    return buffered


class _Guarded:
    """Reads a codec's output; its own error becomes Damaged."""

    def __init__(self, file: Reader, error: type[Exception]) -> None:
        self._file = file
        self._error = error

    def read(self, size: int, /) -> bytes:
        try:
            return self._file.read(size)
        except self._error as error:
            raise Damaged(str(error)) from error


def _gzip(source: IO[bytes]) -> Reader:
    try:
        from isal.igzip import open as open_isal  # noqa: PLC0415 - imported when a stream of its kind comes
        from isal.igzip_lib import IsalError  # noqa: PLC0415 - imported when a stream of its kind comes
    except ImportError:
        import gzip  # noqa: PLC0415 - imported when a stream of its kind comes
        import zlib  # noqa: PLC0415 - imported when a stream of its kind comes

        return _Guarded(gzip.open(source, "rb"), zlib.error)
    return _Guarded(open_isal(source, "rb"), cast(type[Exception], IsalError))  # type: ignore[no-untyped-call] # an instance, say its stubs


def _zstd(source: IO[bytes]) -> Reader:
    import zstandard  # noqa: PLC0415 - imported when a stream of its kind comes

    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(source, read_across_frames=True)
    return _Guarded(reader, zstandard.ZstdError)


def _bzip2(source: IO[bytes]) -> Reader:
    import bz2  # noqa: PLC0415 - imported when a stream of its kind comes

    return bz2.open(source, "rb")


def _xz(source: IO[bytes]) -> Reader:
    import lzma  # noqa: PLC0415 - imported when a stream of its kind comes

    return _Guarded(lzma.open(source, "rb"), lzma.LZMAError)
