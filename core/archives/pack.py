"""Packing files below a root into a tar, in a worker process; the archive arrives as a stream."""

import os
from collections.abc import AsyncGenerator, Collection, Iterable
from tempfile import TemporaryFile

from core.archives import worker
from core.archives.pipes import Pipe, chunks
from sdk.errors import Unavailable

Archive = AsyncGenerator[bytes, None]
"""A tar as it is made. Close it (`contextlib.aclosing`) to end the process that makes it."""


def pack_tree(
    root: int, directory: int, name: str, archive_name: str, *, excluded: Collection[int] = (), sparse: bool = False
) -> Archive:
    """Yield a tar of the file or tree `name` in `directory`, where it is called `archive_name`; all names are below `root`.

    Directories on `excluded` devices are packed empty. Sockets are left out, with `sparse` the holes of files too, in GNU tar's way.
    """
    devices = ",".join(str(device) for device in excluded)
    return _packed(b"", root, directory, "1" if sparse else "", name, archive_name, devices)


def pack_changes(root: int, present: Iterable[str], deleted: Iterable[str]) -> Archive:
    """Yield a layer's tar (image-spec: layer.md "Representing Changes"): every path in `present` alone, and whiteouts of `deleted`."""
    paths = [f"+{path}\0" for path in present] + [f"-{path}\0" for path in deleted]
    return _packed(os.fsencode("".join(paths)), root, root, "1", "", "", "")


async def _packed(paths: bytes, root: int, directory: int, *what: str) -> Archive:
    """Yield what the process writes when it is given `paths`. Raises Unavailable, with the process' reason, if it fails."""
    with TemporaryFile() as stdin, Pipe() as archive, Pipe() as report:
        stdin.write(paths)
        stdin.seek(0)
        arguments = (str(root), str(directory), str(report.writer), *what)
        descriptors = (root, directory, report.writer)
        async with worker.started(
            "core.archives.pack_main", arguments, stdin=stdin.fileno(), stdout=archive.writer, descriptors=descriptors
        ) as process:
            archive.close_writer()
            report.close_writer()
            async for chunk in chunks(archive.reader):
                yield chunk
            if await process.wait():
                reason = b"".join([chunk async for chunk in chunks(report.reader)])
                raise Unavailable(f"packing failed: {reason.decode(errors='replace') or 'the worker process died'}")
