"""Collection of what no image holds: content, committed layers, and the staged directories of pulls that died."""

import logging
from collections.abc import Sequence

from core.images.store import ImageStore
from sdk.drivers.storage import SnapshotInfo, SnapshotKind, StorageDriver
from sdk.errors import Conflict

STAGED_PREFIX = "layer-"
"""Keys of directories that layers are unpacked into begin so."""

_log = logging.getLogger(__name__)


async def collect(images: ImageStore, storage: StorageDriver) -> int:
    """Delete layers and blobs that no image, container or pull under way needs. Return the bytes freed; safe at any time."""
    snapshots = await storage.list()
    kept = images.layers.with_parents(_needed(images, snapshots))
    freed = 0
    for chain in _topmost_first(images, {info.name for info in snapshots if info.kind is SnapshotKind.COMMITTED} - kept):
        freed += await _remove_layer(images, storage, chain)
    for chain in set(images.layers) - kept:
        images.layers.delete(chain)
    return freed + await images.content.collect(_blobs(images, kept))


async def sweep_dead_pulls(storage: StorageDriver) -> None:
    """Remove every directory that a layer was being unpacked into. To be called at start, before any pull."""
    for info in await storage.list():
        if info.kind is SnapshotKind.STAGED and info.name.startswith(STAGED_PREFIX):
            await storage.remove(info.name)


def _needed(images: ImageStore, snapshots: Sequence[SnapshotInfo]) -> set[str]:
    used = {str(info.parent) for info in snapshots if info.kind is SnapshotKind.ACTIVE and info.parent}
    return used | images.layers.pins | {str(chain) for image in images for chain in image.chains}


def _topmost_first(images: ImageStore, chains: set[str]) -> list[str]:
    def depth(chain: str) -> int:
        return len(images.layers.with_parents((chain,)))

    return sorted(chains, key=depth, reverse=True)


async def _remove_layer(images: ImageStore, storage: StorageDriver, chain: str) -> int:
    record = images.layers.get(chain)
    try:
        await storage.remove(chain)
    except Conflict as error:
        _log.warning("layer %s stays: %s", chain, error)
        return 0
    images.layers.delete(chain)
    return record.size if record else 0


def _blobs(images: ImageStore, chains: set[str]) -> set[str]:
    blobs = {blob for image in images for blob in image.record.blobs}
    for chain in chains:
        record = images.layers.get(chain)
        if record and record.blob:
            blobs.add(record.blob.digest)
    return blobs
