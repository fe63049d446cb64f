"""Taking an image archive apart in a worker process, while it arrives."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

from msgspec.json import Decoder, encode

from core.archives import worker
from core.archives.extract import ERRORS
from core.archives.pipes import Pipe, chunks, feed
from core.images.saved.archived import ArchivedImage, Failure
from sdk.errors import Unavailable
from sdk.oci.descriptor import Platform

_report: Decoder[ArchivedImage | Failure] = Decoder(ArchivedImage | Failure)


async def unarchive(
    content: AsyncIterator[bytes], directory: Path, platforms: Sequence[Platform] = ()
) -> AsyncGenerator[ArchivedImage, None]:
    """Write the files of an archive of any known compression into an empty directory, then yield the images they make, of some platforms.

    Raises InvalidArgument for what is no image archive, DataLoss for a damaged one, ResourceExhausted for a full disk and Unavailable
    for other trouble, all of these before it yields anything. Closed, it leaves no process; the directory is the caller's to remove.
    """
    target = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with Pipe() as archive, Pipe() as report:
            arguments = (str(target), encode(platforms).decode())
            async with worker.started(
                "core.images.saved.archive_main", arguments, stdin=archive.reader, stdout=report.writer, descriptors=(target,)
            ) as process:
                archive.close_reader()
                report.close_writer()
                await feed(archive.writer, content)
                archive.close_writer()
                async for line in _lines(report.reader):
                    yield _image(line)
                if status := await process.wait():
                    raise Unavailable(f"reading the archive failed: the worker process ended with status {status}")
    finally:
        os.close(target)


def _image(line: bytes) -> ArchivedImage:
    told = _report.decode(line)
    if isinstance(told, Failure):
        raise ERRORS.get(told.kind, Unavailable)(told.message)
    return told


async def _lines(reader: int) -> AsyncGenerator[bytes, None]:
    rest = b""
    async for chunk in chunks(reader):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
