"""An image store on a disk of its own, with images whose layers are recorded and on no storage."""

from collections.abc import Sequence
from pathlib import Path

from core.images.content.store import ContentStore
from core.images.layers.store import LayerRecord
from core.images.store import ImageRecord, ImageStore, StoredImage
from core.store.database import Database
from sdk.drivers.storage import SnapshotInfo, SnapshotKind, Usage
from sdk.errors import Conflict, NoSuchSnapshot
from sdk.oci.digest import ChainID, chain_ids, digest_of
from sdk.oci.reference import parse_reference
from sdk.testing.images import MadeImage


def open_store(root: Path) -> ImageStore:
    """Open the store, also one that an earlier daemon left."""
    return ImageStore(Database(root / "db"), ContentStore(root / "content"))


def layers_of(layers: Sequence[bytes]) -> list[ChainID]:
    """Return the ChainIDs of a stack of tars, bottom first."""
    return list(chain_ids(tuple(map(digest_of, layers))))


async def stored(store: ImageStore, image: MadeImage, layers: Sequence[bytes], *names: str, index: str = "") -> StoredImage:
    """Store an image of these layers with all its blobs, pinned until it is recorded, as every writer of the engine has them."""
    blobs, chains = (image.descriptor.digest, *(blob.digest for blob, _ in image.blobs)), layers_of(layers)
    with store.content.pins.hold(blobs), store.layers.pins.hold(chains):
        for descriptor, content in (*image.blobs, (image.descriptor, image.manifest)):
            await store.content.put(content, descriptor.digest)
        parent = ""
        for chain, tar, (blob, _) in zip(chains, layers, image.blobs[1:], strict=True):
            store.layers.put(chain, LayerRecord(digest_of(tar), parent, len(tar), blob))
            parent = chain
        return store.add(image.id, ImageRecord(image.descriptor, blobs, 0), tuple(map(parse_reference, names)), index)


class Snapshots:
    """A storage driver of which only the list matters: committed layers with their parents, and what stands on them."""

    def __init__(self) -> None:
        self.committed: dict[str, str] = {}
        self.others: dict[str, tuple[SnapshotKind, str]] = {}
        self.removed: list[str] = []
        self.measured: list[str] = []

    async def list(self) -> list[SnapshotInfo]:
        committed = [(name, SnapshotKind.COMMITTED, parent) for name, parent in self.committed.items()]
        others = [(name, kind, parent) for name, (kind, parent) in self.others.items()]
        return [SnapshotInfo(name, kind, ChainID(parent) if parent else None) for name, kind, parent in (*committed, *others)]

    async def remove(self, name: str) -> None:
        if name in self.committed.values() or any(name == parent for _, parent in self.others.values()):
            raise Conflict(f"snapshot {name} has children")
        self.removed.append(name)
        self.committed.pop(name, None)
        self.others.pop(name, None)

    async def usage(self, name: str) -> Usage:
        if name not in self.committed:
            raise NoSuchSnapshot(name)
        self.measured.append(name)
        return Usage(100, 1, 4096)
