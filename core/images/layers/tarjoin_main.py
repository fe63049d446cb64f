"""The process that puts a layer's tar together again: reads the recipe on stdin, makes the layer's root its own, writes on stdout.

Arguments: descriptor of the root, descriptor to report trouble on, the diffID that must come out, and `gzip` or nothing. With `gzip` the
same tar always gives the same bytes, as long as the compressor's version stays.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import zstandard

from core.archives.confinement import enter, failure
from core.archives.untar import write_all
from core.images.layers.tarsplit import joined
from sdk.oci.digest import digest_from, hasher

_FLUSH = 1 << 18
_GZIP = 31
"""Window bits that ask for a gzip header (zlib.h: deflateInit2); it has neither name nor time in it."""


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


try:
    from isal import isal_zlib as _deflate

    _LEVEL = 1
except ImportError:
    import zlib as _deflate  # type: ignore[no-redef]

    _LEVEL = 6


def main() -> None:
    """Do the work of this process and end it."""
    root, report, diff_id, form = sys.argv[1:]
    try:
        enter(int(root), int(root))
        digest = _write(_gathered(joined(sys.stdin.buffer)), form, diff_id)
    except (OSError, EOFError, zstandard.ZstdError) as error:
        _fail(int(report), failure(error)[1])
    if digest != diff_id:
        _fail(int(report), f"the layer's files are not what they were: it gives {digest}, not {diff_id}")


def _write(content: Iterable[bytes], form: str, like: str) -> str:
    """Write a tar, compressed if so asked, and return its digest, by the algorithm of the digest `like`."""
    digest = hasher(like)
    put, end = _compressing() if form else (_put, lambda: None)
    for chunk in content:
        digest.update(chunk)
        put(chunk)
    end()
    return digest_from(digest)


def _compressing() -> tuple[Callable[[bytes], None], Callable[[], None]]:
    compressor: _Compressor = _deflate.compressobj(_LEVEL, _deflate.DEFLATED, _GZIP)
    return lambda chunk: _put(compressor.compress(chunk)), lambda: _put(compressor.flush())


def _put(content: bytes) -> None:
    write_all(1, memoryview(content))


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        if len(buffer) >= _FLUSH:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def _fail(report: int, sentence: str) -> None:
    os.write(report, sentence.encode("utf-8", "replace"))
    sys.exit(1)
