"""The process that takes a layer's blob apart: reads it on stdin, makes the layer's root its own, writes the recipe, reports on stdout.

Arguments: descriptor of the root, descriptor of the file for the recipe, the diffID's algorithm. The report is fields with NULs between: `ok`, diffID, bytes of
tar, digest of the recipe; or `failed` and a sentence.
"""

import hashlib
import os
import sys
from typing import IO

import zstandard

from core.archives.compression import CORRUPT, BlobReader, HashingReader, decompressed
from core.archives.confinement import FAILED, OK, enter, failure
from core.archives.readahead import ReadAhead
from core.archives.tarstream import TarError
from core.images.layers.tarsplit import Recipe, Splitting

_READ = 1 << 20


def main() -> None:
    """Do the work of this process and end it."""
    root, output, algorithm = sys.argv[1:]
    with open(int(output), "w+b") as recipe:
        try:
            report = _split(int(root), recipe, algorithm)
        except (TarError, zstandard.ZstdError, ValueError, *CORRUPT) as error:
            report = FAILED, failure(error)[1]
    os.write(1, "\0".join(report).encode("utf-8", "replace"))


def _split(root: int, file: IO[bytes], algorithm: str) -> tuple[str, ...]:
    tar = HashingReader(decompressed(BlobReader(0)), algorithm=algorithm)
    source = ReadAhead(tar)
    enter(root, root)
    recipe = Recipe(file)
    Splitting(source, recipe).run()
    recipe.close()
    file.flush()
    os.fsync(file.fileno())
    return OK, tar.digest, str(tar.length), _digest(file)


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_READ):
        digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
