"""The process that takes an image archive apart: reads it on stdin, writes its files into a directory, and reports on stdout.

Arguments: a descriptor of the directory, which becomes the root, and the platforms wanted as JSON. The report is a line for each image, or one for what is wrong.
"""

import os
import sys
from collections.abc import Sequence

import msgspec

from core.archives.compression import CORRUPT, BlobReader, decompressed
from core.archives.confinement import CORRUPTED, REFUSED, begin, enter, failure
from core.archives.readahead import ReadAhead
from core.archives.tarstream import TarError, TarStream
from core.images.saved.archive import Archive
from core.images.saved.archived import ArchivedImage, Failure
from core.images.saved.members import Members
from sdk.errors import DataLoss, EngineError
from sdk.oci.descriptor import Platform


def main() -> None:
    """Do the work of this process and end it."""
    begin()
    with open(os.dup(1), "wb") as report:
        report.writelines(msgspec.json.encode(line) + b"\n" for line in _report(int(sys.argv[1]), sys.argv[2]))


def _report(directory: int, platforms: str) -> Sequence[ArchivedImage | Failure]:
    try:
        stream = TarStream(ReadAhead(decompressed(BlobReader(0))))
        enter(directory, directory)
        members = Members()
        members.receive(stream)
        return Archive(members).images(msgspec.json.decode(platforms, type=tuple[Platform, ...]))
    except EngineError as error:
        return (Failure(CORRUPTED if isinstance(error, DataLoss) else REFUSED, error.message),)
    except (TarError, MemoryError, *CORRUPT) as error:
        kind, message = failure(error)
        return (Failure(REFUSED if kind == CORRUPTED else kind, f"invalid archive: {message}" if kind == CORRUPTED else message),)
