"""A blob that comes in without a name: it is written into the content store while a task reads it."""

import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from anyio.to_thread import run_sync

from core.archives.untar import write_all
from core.images.content.diskspace import writing
from core.images.content.store import ContentStore
from core.images.layers.layertypes import layer_type
from sdk.oci.descriptor import Descriptor

_HEAD = 8


class ArrivingLayer:
    """A layer's archive of any compression, on its way into a file beside the blobs."""

    def __init__(self, content: ContentStore, path: Path, source: AsyncIterator[bytes]) -> None:
        self.path = path
        self._content = content
        self._source = source
        self._digest = hashlib.sha256()
        self._head = b""
        self._size = 0

    @property
    def blob(self) -> Descriptor:
        """Describe what has come so far."""
        return Descriptor(layer_type(self._head), f"sha256:{self._digest.hexdigest()}", self._size)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the archive, each chunk once it is written. Raises what the source raises, and ResourceExhausted."""
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            async for chunk in self._source:
                await run_sync(self._write, file, chunk, limiter=self._content.limiter)
                yield chunk
        finally:
            os.close(file)

    async def store(self) -> None:
        """Make what has come a blob. The caller pins it before."""
        await self._content.adopt(self.path, self.blob.digest)

    def _write(self, file: int, chunk: bytes) -> None:
        self._head = self._head or chunk[:_HEAD]
        self._size += len(chunk)
        self._digest.update(chunk)
        with writing(self.path):
            write_all(file, memoryview(chunk))


@contextmanager
def arriving(content: ContentStore, source: AsyncIterator[bytes]) -> Iterator[ArrivingLayer]:
    """Give a layer that arrives; what is not stored by the end of the block is deleted."""
    with content.temporary("layer") as path:
        yield ArrivingLayer(content, path, source)
