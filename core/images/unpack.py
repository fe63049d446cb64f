"""Unpacking layer blobs into staged directories, each in a worker process, as many at once as there are processors."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import anyio

from core.images.extract import Unpacked, extract
from core.images.untar import Policy

__all__ = ["Unpacked", "Unpacker"]

_LAYER = Policy(layer=True)


class Unpacker:
    """Unpacks layers (image-spec: layer.md) of any known compression. One object serves the whole engine.

    `target` is an existing empty directory, which becomes the layer in overlayfs' on-disk form. Both forms raise DataLoss for a
    damaged blob, ResourceExhausted for a full disk, Unavailable for other trouble; digests are for the caller to compare. Failed or
    cancelled they leave a half-filled directory, and no process.
    """

    def __init__(self, at_once: int | None = None) -> None:
        self._limiter = anyio.CapacityLimiter(at_once or os.cpu_count() or 1)

    async def unpack(self, blob: Path, target: Path) -> Unpacked:
        """Unpack a blob that is on disk."""
        async with self._limiter:
            source = os.open(blob, os.O_RDONLY | os.O_CLOEXEC)
            try:
                return await _unpack(source, target)
            finally:
                os.close(source)

    async def unpack_stream(self, content: AsyncIterator[bytes], target: Path) -> Unpacked:
        """Unpack a blob while it arrives. What `content` raises is passed on; after a success it has been read to its end."""
        async with self._limiter:
            return await _unpack(content, target)


async def _unpack(source: int | AsyncIterator[bytes], target: Path) -> Unpacked:
    directory = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return await extract(source, _LAYER, root=directory, directory=directory)
    finally:
        os.close(directory)
