"""What a worker says of an error: whose fault it was, and a sentence in Docker's words."""

import errno
import gzip
import lzma
import zlib

import pytest

from core.archives.confinement import CORRUPTED, FAILED, FULL, failure
from core.archives.tarstream import TarError


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (OSError(errno.ENOSPC, "", "/data/x"), FULL, "/data/x: no space left on device"),
        (OSError(errno.EDQUOT, ""), FULL, "disk quota exceeded"),
        (OSError(errno.ENOENT, "", "/a", None, "/b"), CORRUPTED, "link /a /b: no such file or directory"),
        (OSError(errno.EEXIST, "", b"etc/x"), CORRUPTED, "etc/x: file exists"),
        (OSError(errno.EEXIST, "", b"a", None, b"\xff"), CORRUPTED, "link a \udcff: file exists"),
        (OSError(errno.EBUSY, "", "/data"), CORRUPTED, "/data: device or resource busy"),
        (OSError(errno.EFBIG, ""), CORRUPTED, "file too large"),
        (OSError(errno.EIO, "", "/x"), FAILED, "/x: input/output error"),
        (OSError(errno.EROFS, "", "/x"), FAILED, "/x: read-only file system"),
    ],
)
def test_the_file_systems_refusals(error: OSError, kind: str, sentence: str) -> None:
    assert failure(error) == (kind, sentence)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "cannot allocate memory"),
        (TarError("invalid tar header: wrong checksum"), "invalid tar header: wrong checksum"),
        (EOFError(), "unexpected EOF"),
        (EOFError("Compressed file ended before the end-of-stream marker was reached"), "unexpected EOF"),
        (gzip.BadGzipFile("Not a gzipped file (b'ab')"), "gzip: invalid header"),
        (gzip.BadGzipFile("CRC check failed 0x1 != 0x2"), "gzip: invalid checksum"),
        (OSError("CRC check failed"), "gzip: invalid checksum"),
        (zlib.error("Error -3 while decompressing data: invalid block type"), "flate: corrupt input"),
        (lzma.LZMAError("Corrupt input data"), "Corrupt input data"),
        (OSError(), "corrupt input"),
    ],
)
def test_damage_of_the_archive(error: BaseException, sentence: str) -> None:
    assert failure(error) == (CORRUPTED, sentence)
