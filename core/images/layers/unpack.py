"""Unpacking layer blobs into staged directories, each in a worker process, as many at once as there are processors."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio

from core.archives.extract import Unpacked, extract
from core.archives.untar import Policy

__all__ = ["Unpacked", "Unpacker"]

_LAYER = Policy(layer=True)
_INTERVAL = 0.1


class Unpacker:
    """Unpacks layers (image-spec: layer.md) of any known compression. One object serves the whole engine.

    `target` is an existing empty directory, which becomes the layer in overlayfs' on-disk form. Both forms raise DataLoss for a
    damaged blob, ResourceExhausted for a full disk, Unavailable for other trouble; digests are for the caller to compare. Failed or
    cancelled they leave a half-filled directory, and no process. Blobs on disk and streams take turns apart from each other, so that a
    slow stream holds up no blob.
    """

    def __init__(self, at_once: int | None = None) -> None:
        self._limiter = anyio.CapacityLimiter(at_once or os.cpu_count() or 1)
        self._streams = anyio.CapacityLimiter(at_once or os.cpu_count() or 1)

    @property
    def takes_streams(self) -> bool:
        """Whether `unpack_stream` would begin at once."""
        return self._streams.available_tokens > 0

    async def unpack(
        self, blob: Path, target: Path, show: Callable[[int], None] | None = None, *, like: str = "sha256"
    ) -> Unpacked:
        """Unpack a blob that is on disk, showing a few times a second how far the worker has read it. Its diffID is of the algorithm that
        `like` begins with."""
        async with self._limiter:
            source = os.open(blob, os.O_RDONLY | os.O_CLOEXEC)
            try:
                async with _shown(source, show):
                    return await _unpack(source, target, like)
            finally:
                os.close(source)

    async def unpack_stream(self, content: AsyncIterator[bytes], target: Path, *, like: str = "sha256") -> Unpacked:
        """Unpack a blob in the same way while it arrives. What `content` raises is passed on; after a success it has been read to its end."""
        async with self._streams:
            return await _unpack(content, target, like)


@asynccontextmanager
async def _shown(source: int, show: Callable[[int], None] | None) -> AsyncIterator[None]:
    """Show the offset of a descriptor, which the worker shares, for as long as the block runs."""

    async def watch(show: Callable[[int], None]) -> None:
        while True:
            await anyio.sleep(_INTERVAL)
            show(os.lseek(source, 0, os.SEEK_CUR))

    if show is None:
        yield
        return
    watcher = asyncio.ensure_future(watch(show))
    try:
        yield
    finally:
        watcher.cancel()


async def _unpack(source: int | AsyncIterator[bytes], target: Path, like: str) -> Unpacked:
    directory = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return await extract(source, replace(_LAYER, algorithm=like.partition(":")[0]), root=directory, directory=directory)
    finally:
        os.close(directory)
