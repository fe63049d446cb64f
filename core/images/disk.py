"""What images take on disk, in allocated bytes, as `du --block-size=1` counts: all that the storage driver keeps of a layer, and blobs.

A layer does not change, so it is measured once in a daemon's life; measuring walks it.
"""

from collections import Counter
from dataclasses import dataclass

from anyio.to_thread import run_sync

from core.images.store import ImageStore, StoredImage
from sdk.drivers.storage import SnapshotKind, StorageDriver
from sdk.errors import NoSuchSnapshot
from sdk.storage.usage import files_allocated

_LAYER, _BLOB = "layer", "blob"
_Part = tuple[str, str]
"""A kind and a name: the ChainID of the lowest layer is also the digest of its tar."""


@dataclass(frozen=True, slots=True)
class ImageDisk:
    """What one image takes, and how much of that other images take part in."""

    size: int
    shared: int


@dataclass(frozen=True, slots=True)
class StoreDisk:
    """`total` is everything there is of images, each thing once, also what belongs to none any more: an empty store takes nothing."""

    total: int
    images: dict[str, ImageDisk]


class DiskMeter:
    """Measures layers and blobs."""

    def __init__(self, images: ImageStore, storage: StorageDriver) -> None:
        self._images = images
        self._storage = storage
        self._layers: dict[str, int] = {}

    async def layer(self, chain: str) -> int:
        """Return what a committed layer takes by itself; 0 if it is not there."""
        if chain not in self._layers:
            try:
                self._layers[chain] = (await self._storage.usage(chain)).allocated
            except NoSuchSnapshot:
                return 0
        return self._layers[chain]

    async def measure(self) -> StoreDisk:
        """Measure everything."""
        committed = [info.name for info in await self._storage.list() if info.kind is SnapshotKind.COMMITTED]
        self._layers = {chain: await self.layer(chain) for chain in committed}
        content = self._images.content
        blobs = await run_sync(files_allocated, content.directory / "blobs", content.directory / "ingest", limiter=content.limiter)
        total = sum(self._layers.values()) + blobs
        parts = {image.id: await self._parts(image) for image in self._images}
        users = Counter(part for held in parts.values() for part in held)
        return StoreDisk(total, {image_id: _image_disk(held, users) for image_id, held in parts.items()})

    async def _parts(self, image: StoredImage) -> dict[_Part, int]:
        """Return the layers and blobs an image holds on to, each with what it takes."""
        records = [record for chain in image.chains if (record := self._images.layers.get(chain))]
        archives = {record.blob.digest for record in records if record.blob} | {
            record.recipe for record in records if record.recipe
        }
        blobs = archives.union(image.record.blobs)
        layers = {(_LAYER, chain): await self.layer(chain) for chain in image.chains}
        return layers | {(_BLOB, blob): self._images.content.allocated(blob) for blob in blobs}


def _image_disk(held: dict[_Part, int], users: Counter[_Part]) -> ImageDisk:
    return ImageDisk(sum(held.values()), sum(size for part, size in held.items() if users[part] > 1))
