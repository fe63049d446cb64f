"""Files with holes: which pieces of them are data (lseek(2): SEEK_DATA, SEEK_HOLE)."""

import errno
import os

Piece = tuple[int, int]
"""An offset and a length."""

_UNIT = 512


def data_pieces(descriptor: int, status: os.stat_result) -> list[Piece] | None:
    """Return the pieces of a file that are data, or None for a file without holes."""
    if status.st_blocks * _UNIT >= status.st_size:
        return None
    pieces, end, size = [], 0, status.st_size
    while end < size and (start := _next_data(descriptor, end)) < size:
        end = min(os.lseek(descriptor, start, os.SEEK_HOLE), size)
        pieces.append((start, end - start))
    return None if pieces == [(0, size)] else pieces


def _next_data(descriptor: int, offset: int) -> int:
    """Return where the next data begins; past the end of the file if only a hole is left."""
    try:
        return os.lseek(descriptor, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return 1 << 62
        raise
