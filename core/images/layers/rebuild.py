"""Layers without their archives: a recipe is made while the archive is there, and gives it back from the layer's files.

The files are read through the storage driver's own mounts, so any driver will do.
"""

import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager
from hashlib import sha256
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from core.archives import worker
from core.archives.confinement import OK
from core.archives.pipes import Pipe, chunks
from core.images.content.diskspace import writing
from core.images.content.store import ContentStore
from core.images.layers.store import LayerRecord, Layers
from sdk.drivers.storage import StorageDriver
from sdk.errors import DataLoss, NotFound
from sdk.linux.detached import detached
from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP, Descriptor
from sdk.oci.digest import ChainID


class Rebuilder:
    """Takes archives of committed layers apart and puts them together; as many at once as there are processors."""

    def __init__(self, content: ContentStore, layers: Layers, storage: StorageDriver) -> None:
        self._content = content
        self._layers = layers
        self._storage = storage
        self._limiter = anyio.CapacityLimiter(os.cpu_count() or 1)

    async def split(self, chain: str, record: LayerRecord, blob: str) -> None:
        """Store and record the recipe of a committed layer, from an archive of it. Raises DataLoss. The caller holds the layer's lock."""
        with self._content.temporary("recipe") as temporary:
            async with self._limiter, self._files(chain) as root:
                digest, size = await self._split(root, blob, str(temporary), record.diff_id)
            with self._content.pins.hold((digest,)):
                await self._content.adopt(temporary, digest)
                self._layers.put(chain, record.with_recipe(digest, size))

    async def tar(self, chain: str, record: LayerRecord, form: str = "") -> AsyncGenerator[bytes, None]:
        """Yield the layer's tar; with form `gzip` compressed. Raises NotFound without a recipe, and DataLoss, when all has been
        yielded, if it is not what the diffID says."""
        if not record.recipe:
            raise NotFound(f"layer {record.diff_id}: its archive is not here")
        async with AsyncExitStack() as stack:
            root = await stack.enter_async_context(self._files(chain))
            recipe = os.open(self._content.path(record.recipe), os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, recipe)
            tar, report = stack.enter_context(Pipe()), stack.enter_context(Pipe())
            process = await stack.enter_async_context(
                worker.started(
                    "core.images.layers.tarjoin_main",
                    (str(root), str(report.writer), record.diff_id, form),
                    stdin=recipe,
                    stdout=tar.writer,
                    descriptors=(root, report.writer),
                )
            )
            tar.close_writer()
            report.close_writer()
            async for chunk in chunks(tar.reader):
                yield chunk
            if await process.wait():
                reason = b"".join([chunk async for chunk in chunks(report.reader)]).decode(errors="replace")
                raise DataLoss(f"layer {record.diff_id} cannot be rebuilt: {reason or 'the worker process died'}")

    @asynccontextmanager
    async def gzipped(self, chain: str, record: LayerRecord) -> AsyncIterator[Descriptor]:
        """Give the layer's archive, compressed: it is in the content store for the block, and pinned."""
        with ExitStack() as pins:
            yield await self.store(chain, record, "gzip", pins)

    async def store(self, chain: str, record: LayerRecord, form: str, pins: ExitStack) -> Descriptor:
        """Put the layer's tar, with form `gzip` compressed, into the content store, pinned until the pins are let go."""
        with self._content.temporary("rebuilt") as temporary:
            async with self._limiter:
                blob = await self._write(chain, record, form, temporary)
            pins.enter_context(self._content.pins.hold((blob.digest,)))
            await self._content.adopt(temporary, blob.digest)
        return blob

    async def _write(self, chain: str, record: LayerRecord, form: str, target: Path) -> Descriptor:
        digest, size = sha256(), 0

        def write(piece: bytes) -> None:
            digest.update(piece)
            file.write(piece)

        with writing(target), target.open("wb") as file:
            async with aclosing(self.tar(chain, record, form)) as pieces:
                async for piece in pieces:
                    size += len(piece)
                    await run_sync(write, piece, limiter=self._content.limiter)
        return Descriptor(OCI_LAYER_GZIP if form else OCI_LAYER, f"sha256:{digest.hexdigest()}", size)

    async def _split(self, root: int, blob: str, path: str, diff_id: str) -> tuple[str, int]:
        source = os.open(self._content.path(blob), os.O_RDONLY | os.O_CLOEXEC)
        output = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with Pipe() as report:
                arguments = (str(root), str(output), diff_id.partition(":")[0])
                async with worker.started(
                    "core.images.layers.tarsplit_main", arguments, stdin=source, stdout=report.writer, descriptors=(root, output)
                ) as process:
                    report.close_writer()
                    text = b"".join([chunk async for chunk in chunks(report.reader)])
                    await process.wait()
        finally:
            os.close(source)
            os.close(output)
        return _checked(text.decode(errors="replace").split("\0"), diff_id)

    @asynccontextmanager
    async def _files(self, chain: str) -> AsyncIterator[int]:
        """Give a descriptor of the root that a layer and those below it make, mounted nowhere."""
        key = f"rebuild-{secrets.token_hex(8)}"
        await self._storage.prepare(key, parent=ChainID(chain))
        try:
            root = await run_sync(detached, await self._storage.mounts(key, readonly=True))
            try:
                yield root
            finally:
                os.close(root)
        finally:
            with anyio.CancelScope(shield=True):
                await self._storage.remove(key)


def _checked(report: list[str], diff_id: str) -> tuple[str, int]:
    """Return the digest of a recipe and the size of the tar it makes."""
    kind, *fields = report
    if kind != OK:
        raise DataLoss(f"layer {diff_id} cannot be taken apart: {fields[0] if fields else 'the worker process died'}")
    found, size, recipe = fields
    if found != diff_id:
        raise DataLoss(f"the archive of layer {diff_id} has changed: it gives {found}")
    return recipe, int(size)
