"""Packing files below a root into a tar, in a worker process; the archive arrives as a stream."""

import os
from collections.abc import AsyncIterator, Collection, Iterable
from tempfile import TemporaryFile

from core.images import worker
from core.images.pipes import Pipe, chunks
from sdk.errors import Unavailable


async def pack_tree(
    root: int, directory: int, name: str, archive_name: str, *, excluded: Collection[int] = ()
) -> AsyncIterator[bytes]:
    """Yield a tar of the file or tree `name` in `directory`, where it is called `archive_name`; all names are below `root`.

    Directories on `excluded` devices are packed empty. Sockets are left out. Closing the iterator early ends the process.
    """
    devices = ",".join(str(device) for device in excluded)
    async for chunk in _packed(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), root, directory, name, archive_name, devices):
        yield chunk


async def pack_changes(root: int, present: Iterable[str], deleted: Iterable[str]) -> AsyncIterator[bytes]:
    """Yield a layer's tar (image-spec: layer.md "Representing Changes"): every path in `present` alone, and whiteouts of `deleted`."""
    with TemporaryFile() as paths:
        paths.writelines(os.fsencode(f"+{path}\0") for path in present)
        paths.writelines(os.fsencode(f"-{path}\0") for path in deleted)
        paths.seek(0)
        async for chunk in _packed(os.dup(paths.fileno()), root, root, "", "", ""):
            yield chunk


async def _packed(stdin: int, root: int, directory: int, *what: str) -> AsyncIterator[bytes]:
    """Yield what the process writes; `stdin` is closed. Raises Unavailable, with the process' reason, if it fails."""
    with Pipe() as archive, Pipe() as report:
        arguments = (str(root), str(directory), str(report.writer), *what)
        descriptors = (root, directory, report.writer)
        async with worker.started(
            "core.images.pack_main", arguments, stdin=stdin, stdout=archive.writer, descriptors=descriptors
        ) as process:
            os.close(stdin)
            archive.close_writer()
            report.close_writer()
            async for chunk in chunks(archive.reader):
                yield chunk
            if await process.wait():
                reason = b"".join([chunk async for chunk in chunks(report.reader)])
                raise Unavailable(f"packing failed: {reason.decode(errors='replace') or 'the worker process died'}")
