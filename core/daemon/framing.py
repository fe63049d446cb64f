"""Where the body of an HTTP/1.1 message ends (RFC 9112 section 6), so that the parser is never given bytes of what follows it.

The parser decodes and checks the body; what stands here only counts. Each call takes at least one byte.
"""

from typing import Protocol

_LINE_LIMIT = 4096
_TRAILER_LIMIT = 16 * 1024
_CRLF = 2


class Frame(Protocol):
    """The rest of one body."""

    @property
    def complete(self) -> bool:
        """Whether all of the body was taken."""

    def extent(self, data: bytearray) -> int:
        """Return how many bytes at the beginning of `data` belong to the body: at least one unless `data` is empty or all was taken.

        They count as taken. Raises ValueError for what cannot be a body.
        """


class SizedFrame:
    """A body of so many bytes (Content-Length)."""

    def __init__(self, size: int) -> None:
        self._left = size

    @property
    def complete(self) -> bool:
        """Whether all of the body was taken."""
        return self._left == 0

    def extent(self, data: bytearray) -> int:
        """Take what is there, up to the end."""
        taken = min(self._left, len(data))
        self._left -= taken
        return taken


class ChunkedFrame:
    """A body in chunks with optional trailers (RFC 9112 section 7.1)."""

    def __init__(self) -> None:
        self.complete = False
        self._line = bytearray()
        self._chunk = 0
        self._trailers = -1
        """Bytes of trailers so far; -1 before the last chunk."""

    def extent(self, data: bytearray) -> int:
        """Take chunks, and at the end the trailers."""
        place, size = 0, len(data)
        while place < size and not self.complete:
            if self._chunk:
                taken = min(self._chunk, size - place)
                self._chunk -= taken
                place += taken
            else:
                place = self._take_line(data, place)
        return place

    def _take_line(self, data: bytearray, place: int) -> int:
        """Take a line, or its beginning if the rest has not come."""
        end = data.find(b"\n", place, place + _LINE_LIMIT)
        taken = end + 1 if end >= 0 else min(len(data), place + _LINE_LIMIT)
        self._line += data[place:taken]
        if end >= 0:
            self._end_line(bytes(self._line))
            self._line.clear()
        elif len(self._line) >= _LINE_LIMIT:
            raise ValueError("a line between the chunks of the body is too long")
        return taken

    def _end_line(self, line: bytes) -> None:
        if self._trailers < 0:
            chunk = int(line.partition(b";")[0], 16)
            self._chunk = chunk + _CRLF if chunk > 0 else 0
            self._trailers = -1 if chunk else 0
            return
        self._trailers += len(line)
        self.complete = not line.strip()
        if self._trailers > _TRAILER_LIMIT:
            raise ValueError("the trailers of the body are too long")
