"""What the image verbs work with, over a store on a disk of its own and layers on paper."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from core.engine.images.context import ImageContext, ImageDrivers, open_context
from core.events.bus import EventBus
from core.images.store import StoredImage
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.storage import SnapshotKind, StorageDriver
from sdk.events import Event
from sdk.oci.descriptor import Platform
from sdk.oci.image import ExecutionConfig
from sdk.testing.images import MadeImage, make_image, make_tar
from tests.unit.core.images.stores import Snapshots, layers_of, open_store, stored


@dataclass
class Images:
    """Images by short names; `users` are the containers of each, and whether they run."""

    context: ImageContext
    snapshots: Snapshots
    users: dict[str, list[tuple[str, bool]]]
    events: list[Event]
    made: dict[str, MadeImage] = field(default_factory=dict)

    async def add(
        self, name: str, *tags: str, layers: Sequence[str] = (), created: str = "", labels: dict[str, str] | None = None,
        platform: Platform | None = None, index: str = "", parent: str = "", algorithm: str = "sha256",
    ) -> StoredImage:  # fmt: skip
        """Store an image of layers that are called so, one of its own by default."""
        tars = [make_tar({layer: layer.encode()}) for layer in layers or (name,)]
        image = make_image(
            tars, ExecutionConfig(labels=labels or {"name": name}), platform=platform, created=created, algorithm=algorithm
        )
        self.made[name] = image
        below = ""
        for chain in layers_of(tars):
            self.snapshots.committed[chain] = below
            below = chain
        found = await stored(self.context.store, image, tars, *tags, index=index)
        if parent:
            record = type(found.record)(found.record.manifest, found.record.blobs, found.record.size, self.id(parent))
            found = self.context.store.add(image.id, record)
        return found

    def id(self, name: str) -> str:
        """Return the full ID of an image."""
        return self.made[name].id

    def use(self, name: str, *, runs: bool = False) -> None:
        """Have a container that is made from an image."""
        self.users.setdefault(self.id(name), []).append(("c" * 64, runs))
        top = self.context.store.get(self.id(name)).chain_id
        self.snapshots.others[f"{name}-{len(self.snapshots.others)}"] = (SnapshotKind.ACTIVE, str(top))

    def left(self) -> set[str]:
        """Return the names of the images that are there."""
        return {name for name, image in self.made.items() if image.id in self.context.store}

    def actions(self) -> list[str]:
        """Return what was announced."""
        return [event.action for event in self.events]


def open_images(root: Path) -> Images:
    """Open an empty store."""
    snapshots, users, events = Snapshots(), dict[str, list[tuple[str, bool]]](), list[Event]()
    drivers = ImageDrivers(cast(StorageDriver, snapshots), cast(RegistryBackend, None))
    context = open_context(
        open_store(root), drivers, EventBus(events.append), lambda image_id: users.get(image_id, []), keep_blobs=True
    )
    return Images(context, snapshots, users, events)
