"""The uncompressed bytes of a tar, block by block."""

from collections.abc import Iterator

from core.archives.compression import Reader

BLOCK = 512
_CHUNK = 1 << 18


class TarError(Exception):
    """The bytes are not a whole, well-formed tar; the message says where it broke."""


class TarStream:
    """The uncompressed bytes of a tar, read in exact amounts."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._chunk = b""
        self._position = 0

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes. Raises TarError if the stream ends before."""
        start, end = self._position, self._position + size
        if end <= len(self._chunk):
            self._position = end
            return self._chunk[start:end]
        return b"".join(bytes(piece) for piece in self.pieces(size))

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Yield exactly `size` bytes in pieces of any length. Raises TarError if the stream ends before."""
        for piece in self.upto(size):
            size -= len(piece)
            yield piece
        if size:
            raise TarError("unexpected EOF")

    def upto(self, size: int) -> Iterator[memoryview]:
        """Yield at most `size` bytes, less only at the end of the stream."""
        while size and (self._position < len(self._chunk) or self._advance()):
            piece = memoryview(self._chunk)[self._position : self._position + size]
            self._position += len(piece)
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> None:
        """Pass over exactly `size` bytes. Raises TarError if the stream ends before."""
        for _ in self.pieces(size):
            pass

    def pad(self, size: int) -> None:
        """Pass over what fills a content of `size` bytes up to the next block. An archive may end in there: its last content is whole."""
        for _ in self.upto(padding(size)):
            pass

    def at_end(self) -> bool:
        return self._position == len(self._chunk) and not self._advance()

    def drain(self) -> None:
        """Read what follows the archive: padding, which belongs to the digest."""
        while self._advance():
            pass

    def _advance(self) -> bool:
        self._chunk, self._position = self._source.read(_CHUNK), 0
        return bool(self._chunk)


def padding(size: int) -> int:
    """Return how many bytes follow `size` bytes of content to the next block."""
    return -size % BLOCK
