"""Whole lines of one file, forwards and backwards, in blocks."""

import os
from collections.abc import Iterator
from pathlib import Path

from sdk.logfiles.compression import decompressed

BLOCK = 256 << 10


class LogFile:
    """An open file being read: `offset` is where the next whole line begins. `end` limits what is read, if it is not None."""

    def __init__(self, descriptor: int, end: int | None = None, *, packed: bool = False) -> None:
        self.offset = 0
        self.end = end
        self._descriptor = descriptor
        self._packed = packed

    def unpack(self, directory: Path) -> None:
        """Go over to a plain copy of a compressed file, kept without a name in `directory`. Does nothing for a plain one."""
        if self._packed:
            plain = decompressed(self._descriptor, directory)
            os.close(self._descriptor)
            self._descriptor, self.end, self._packed = plain, None, False

    def next_lines(self) -> bytes:
        """Return the next block of whole lines, b"" if there is none (yet)."""
        size = BLOCK
        while True:
            wanted = size if self.end is None else max(0, min(size, self.end - self.offset))
            data = os.pread(self._descriptor, wanted, self.offset)
            length = data.rfind(b"\n") + 1
            if length or len(data) < size:
                self.offset += length
                return data[:length]
            size *= 2  # a line that is longer than the block

    def skip_to_tail(self, lines: int, marker: bytes) -> int:
        """Move to where the last `lines` lines with `marker` in them begin; return how many of them the file has, at most `lines`."""
        wanted = lines
        for start, block in self._backwards():
            self.offset = start
            found = block.count(marker)
            if found >= wanted:
                self.offset = start + _tail(block, wanted, marker)
                return lines
            wanted -= found
        return lines - wanted

    def _size(self) -> int:
        return self.size() if self.end is None else min(self.size(), self.end)

    def size(self) -> int:
        """Return how many bytes the file has now."""
        return os.fstat(self._descriptor).st_size

    def has_more(self, limit: int | None = None) -> bool:
        """Tell whether anything follows now, before `limit` if there is one; no more than that will be read."""
        self.end = self.size() if limit is None else min(self.size(), limit)
        return self.offset < self.end

    def skip(self) -> None:
        """Go to `end`."""
        self.offset = self.offset if self.end is None else self.end

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)

    def _backwards(self) -> Iterator[tuple[int, bytes]]:
        """Yield blocks of whole lines from the end, each with its place."""
        end = self._size()
        span = BLOCK
        while end > 0:
            start = max(0, end - span)
            data = os.pread(self._descriptor, end - start, start)
            first = data.find(b"\n") + 1 if start else 0
            if start and first in (0, len(data)):  # a line that is longer than the block
                span *= 2
                continue
            yield start + first, data[first:]
            end = start + first


def _tail(block: bytes, lines: int, marker: bytes) -> int:
    """Return where the last `lines` lines with a marker begin in a block that has as many."""
    position = len(block)
    for _ in range(lines):
        position = block.rfind(marker, 0, position)
    return block.rfind(b"\n", 0, position) + 1 if lines else len(block)
