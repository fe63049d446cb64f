"""Blobs for their readers: those that are stored, and tars of layers that can be rebuilt."""

import os
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing

from anyio.to_thread import run_sync

from core.images.content.store import ContentStore
from core.images.layers.rebuild import Rebuilder
from core.images.layers.store import Layers
from sdk.errors import NotFound
from sdk.oci.descriptor import Descriptor

_READ = 1 << 20


class Blobs:
    """All content by digest, whole or in part."""

    def __init__(self, content: ContentStore, layers: Layers, rebuilder: Rebuilder) -> None:
        self._content = content
        self._layers = layers
        self._rebuilder = rebuilder

    def size(self, digest: str) -> int:
        """Return a blob's size in bytes. Raises NotFound."""
        layer = None if self._content.exists(digest) else self._layers.rebuildable(digest)
        return layer[1].tar_size if layer else self._content.size(digest)

    async def read(self, digest: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield a blob from `offset` on, to its end or `length` bytes, a mebibyte at a time. Raises NotFound, DataLoss."""
        layer = None if self._content.exists(digest) else self._layers.rebuildable(digest)
        end = offset + (self.size(digest) - offset if length is None else length)
        chunks = _part(self._rebuilder.tar(*layer), offset, end) if layer else self._stored(digest, offset, end)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk

    async def restore(self, digest: str, pins: ExitStack) -> None:
        """Put a tar that can be rebuilt into the content store, pinned until the pins are let go; nothing if it cannot be."""
        layer = self._layers.rebuildable(digest)
        if layer and not self._content.exists(digest):
            await self._rebuilder.store(*layer, "", pins)

    async def archive(self, chain: str, pins: ExitStack) -> Descriptor | None:
        """Describe an archive of a layer that is in the content store, if need be by now, and pinned until the pins are let go."""
        record = self._layers.get(chain)
        if record is None:
            return None
        if record.blob and self._content.exists(record.blob.digest):
            pins.enter_context(self._content.pins.hold((record.blob.digest,)))
            return record.blob
        return await self._rebuilder.store(chain, record, "", pins) if record.recipe else None

    async def _stored(self, digest: str, offset: int, end: int) -> AsyncGenerator[bytes, None]:
        try:
            file = os.open(self._content.path(digest), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound(f"content {digest}: not found") from None
        try:
            while offset < end and (
                chunk := await run_sync(os.pread, file, min(_READ, end - offset), offset, limiter=self._content.limiter)
            ):
                yield chunk
                offset += len(chunk)
        finally:
            os.close(file)


async def _part(content: AsyncGenerator[bytes, None], offset: int, end: int) -> AsyncGenerator[bytes, None]:
    """Yield the bytes between two positions of a stream; it is read to its end, if that is asked for, so that it is verified."""
    position = 0
    async with aclosing(content):
        async for chunk in content:
            part = chunk[max(offset - position, 0) : max(end - position, 0)]
            position += len(chunk)
            if part:
                yield part
            if position > end:
                return
