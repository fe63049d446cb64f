"""Dropping the archives of layers that are unpacked (`keep_blobs = false`)."""

import logging
from collections.abc import Iterable, Iterator, Mapping

import anyio

from core.images.documents import parse_manifest
from core.images.layers.rebuild import Rebuilder
from core.images.store import ImageStore
from sdk.errors import EngineError

_log = logging.getLogger(__name__)


class Dropper:
    """Exchanges archives for recipes, where it is wanted at all. What clients pushed here to be served as it came stays, and so does an
    archive that its layer cannot give back."""

    def __init__(self, images: ImageStore, rebuilder: Rebuilder, *, keep: bool) -> None:
        self._images = images
        self._rebuilder = rebuilder
        self.keeps = keep

    async def drop(self, image_ids: Iterable[str]) -> None:
        """Drop the archives of some images. What fails is logged: nothing depends on it."""
        if self.keeps:
            return
        await self._drop({chain: blobs for image_id in image_ids for chain, blobs in self._layers(image_id)})

    async def drop_all(self) -> None:
        """Drop every archive that is not to be kept: of images from before the setting, of operations that were cut off, of builds."""
        if self.keeps:
            return
        layers = self._images.layers
        recorded = {chain: (record.blob.digest,) for chain in layers if (record := layers.get(chain)) and record.blob}
        await self._drop(recorded)
        await self.drop([image.id for image in self._images])

    async def _drop(self, archives: Mapping[str, tuple[str, ...]]) -> None:
        async with anyio.create_task_group() as group:
            for chain, blobs in archives.items():
                group.start_soon(self._drop_layer, chain, blobs)

    async def forget(self, digest: str) -> None:
        """Delete an archive that was rebuilt, unless something else needs it by now."""
        if not self.keeps:
            async with self._images.content.locks.hold(digest):
                if not self._is_needed(digest):
                    await self._images.content.delete(digest)

    def _layers(self, image_id: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield an image's layers, each with the archives of it that may be there."""
        try:
            image = self._images.get(image_id)
            manifest = parse_manifest(self._images.content.read(image.record.manifest.digest))
        except EngineError as error:
            _log.warning("the archives of image %s are kept: %s", image_id, error)
            return
        for own, chain in zip(manifest.layers, image.chains, strict=True):
            record = self._images.layers.get(chain)
            if record:
                yield chain, tuple({own.digest, record.blob.digest if record.blob else own.digest})

    async def _drop_layer(self, chain: str, blobs: tuple[str, ...]) -> None:
        content = self._images.content
        async with self._images.layers.locks.hold(chain):
            record = self._images.layers.get(chain)
            present = [blob for blob in blobs if content.exists(blob) and not self._is_needed(blob)]
            if record is None or not present:
                return
            try:
                if not record.recipe:
                    await self._rebuilder.split(chain, record, present[0])
            except (EngineError, OSError) as error:
                _log.warning("the archive of layer %s is kept: %s", chain, error)
                return
        for blob in present:
            await self.forget(blob)

    def _is_needed(self, digest: str) -> bool:
        return digest in self._images.content.pins.held or digest in self._images.hosted.blobs
