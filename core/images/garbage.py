"""Collection of what no image holds: content, committed layers, and the staged directories of pulls that died."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.images.disk import DiskMeter
from core.images.store import ImageStore
from sdk.drivers.storage import SnapshotInfo, SnapshotKind, StorageDriver
from sdk.errors import Conflict

STAGED_PREFIX = "layer-"
"""Keys of directories that layers are unpacked into begin so."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collected:
    """What went: the ChainIDs of layers, topmost first, and the bytes on disk that layers and blobs took."""

    layers: tuple[str, ...]
    freed: int


@dataclass(frozen=True, slots=True)
class Garbage:
    """What nothing needs: ChainIDs of layers, topmost first, and digests of blobs."""

    layers: tuple[str, ...]
    blobs: frozenset[str]


async def find_garbage(images: ImageStore, storage: StorageDriver) -> Garbage:
    """Return the layers and blobs that no image, container or pull under way needs."""
    snapshots = await storage.list()
    parents = {info.name: str(info.parent or "") for info in snapshots if info.kind is SnapshotKind.COMMITTED}
    layers = (parents.keys() | set(images.layers)) - needed_layers(images, snapshots)
    return Garbage(tuple(_topmost_first(parents, layers)), images.content.digests() - _blobs_in_use(images))


def needed_layers(images: ImageStore, snapshots: Sequence[SnapshotInfo]) -> set[str]:
    """Return the layers that an image, a container or a pull under way needs."""
    return _layers_in_use(images, _in_containers(snapshots))


async def collect(images: ImageStore, storage: StorageDriver, meter: DiskMeter | None = None) -> Collected:
    """Delete layers and blobs that no image, container or pull under way needs. Safe at any time.

    Without a meter layers count with the sizes of their files.
    """
    used = _in_containers(await storage.list())
    removed, freed = [], 0
    for chain in (await find_garbage(images, storage)).layers:
        record = images.layers.get(chain)
        size = await meter.layer(chain) if meter else record.size if record else 0
        if await _remove_layer(images, storage, chain, used):
            removed.append(chain)
            freed += size
    for digest in images.content.digests() - _blobs_in_use(images):
        freed += await remove_blob(images, digest)
    return Collected(tuple(removed), freed)


async def sweep_dead_pulls(storage: StorageDriver) -> None:
    """Remove every directory that a layer was being unpacked into. To be called at start, before any pull."""
    for info in await storage.list():
        if info.kind is SnapshotKind.STAGED and info.name.startswith(STAGED_PREFIX):
            await storage.remove(info.name)


def _in_containers(snapshots: Sequence[SnapshotInfo]) -> set[str]:
    return {str(info.parent) for info in snapshots if info.kind is SnapshotKind.ACTIVE and info.parent}


def _layers_in_use(images: ImageStore, used: set[str]) -> set[str]:
    return images.layers.with_parents(
        used | images.layers.pins.held | images.layers.kept | {str(chain) for image in images for chain in image.chains}
    )


def _blobs_in_use(images: ImageStore) -> set[str]:
    records = [record for chain in images.layers if (record := images.layers.get(chain))]
    of_layers = {record.blob.digest for record in records if record.blob} | {record.recipe for record in records}
    names = (images.references.get(name) for name in images.references)
    indexes = {name.index for name in names if name}
    return (
        of_layers
        | indexes
        | images.content.pins.held
        | images.hosted.blobs
        | {blob for image in images for blob in image.record.blobs}
    )


def _topmost_first(parents: Mapping[str, str], chains: set[str]) -> list[str]:
    depths: dict[str, int] = {"": 0}
    for chain in chains:
        stack = [chain]
        while (below := parents.get(stack[-1], "")) not in depths:
            stack.append(below)
        for above in reversed(stack):
            depths[above] = depths[parents.get(above, "")] + 1
    return sorted(chains, key=depths.__getitem__, reverse=True)


async def _remove_layer(images: ImageStore, storage: StorageDriver, chain: str, used: set[str]) -> bool:
    """Remove a layer; return False if it turns out to be needed."""
    async with images.layers.locks.hold(chain):
        if chain in _layers_in_use(images, used):
            return False
        try:
            await storage.remove(chain)
        except Conflict as error:
            _log.warning("layer %s stays: %s", chain, error)
            return False
        images.layers.delete(chain)
        return True


async def remove_blob(images: ImageStore, digest: str) -> int:
    """Delete a blob that nothing needs; return the bytes freed on disk."""
    async with images.content.locks.hold(digest):
        if digest in _blobs_in_use(images):
            return 0
        return await images.content.delete(digest)
