"""Telling archives from other files."""

from pathlib import Path

from core.archives.compression import CORRUPT, BlobReader, decompressed

_BLOCK = 512


def is_archive(path: Path) -> bool:
    """Tell by its first block, decompressed, whether a file is a tar."""
    with path.open("rb") as file:
        try:
            block = decompressed(BlobReader(file.fileno())).read(_BLOCK)
        except CORRUPT:
            return False
    return len(block) == _BLOCK and (block[257:262] == b"ustar" or _has_checksum(block))


def _has_checksum(block: bytes) -> bool:
    """Tell whether a block is a header of the oldest format, which has no magic number."""
    try:
        told = int(block[148:156].rstrip(b"\0 ").decode(), 8)
    except (ValueError, UnicodeDecodeError):
        return False
    return block[0] != 0 and told == sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
