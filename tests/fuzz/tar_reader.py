"""Feeds the tar reader what a coverage-guided fuzzer makes of real archives: `make fuzz`.

Whatever comes, the reader yields members that a file can be made of, or raises TarError; and what it yields it has not read beyond.
"""

import io
import sys

import atheris

with atheris.instrument_imports():
    from core.archives import headers as tarheaders
    from core.archives.tarstream import BLOCK, TarError, TarStream, padding

_MOST = 1 << 20
_CHECKSUM = slice(148, 156)


def one_input(data: bytes) -> None:
    """Read one archive. The first byte says whether checksums are mended, without which few inputs get beyond a header."""
    archive = with_checksums(data[1:]) if data[:1] >= b"\x20" else data[1:]
    source = io.BytesIO(archive)
    stream = TarStream(source)
    try:
        for entry in tarheaders.entries(stream):
            _check(entry)
            stream.skip(entry.size + padding(entry.size))
    except TarError:
        pass
    assert source.tell() <= len(archive)


def with_checksums(archive: bytes) -> bytes:
    """Return the archive with a right checksum in every block that is not empty."""
    mended = bytearray(archive)
    for start in range(0, len(archive) - BLOCK + 1, BLOCK):
        block = mended[start : start + BLOCK]
        if any(block):
            block[_CHECKSUM] = b" " * 8
            mended[start + _CHECKSUM.start : start + _CHECKSUM.stop] = b"%06o\0 " % sum(block)
    return bytes(mended)


def _check(entry: tarheaders.Entry) -> None:
    assert b"\0" not in entry.name + entry.linkname
    assert 0 <= entry.size <= entry.real_size or entry.sparse is None
    assert -1 < entry.uid < 1 << 32
    assert -1 < entry.gid < 1 << 32
    assert 0 <= entry.mode <= 0o7777
    assert -(1 << 63) <= entry.mtime_ns < 1 << 63
    assert sum(map(len, entry.xattrs)) + sum(map(len, entry.xattrs.values())) <= 2 * _MOST
    end = 0
    for offset, length in entry.sparse or ():
        assert end <= offset <= offset + length <= entry.real_size
        end = offset + length


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
