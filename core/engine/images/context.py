"""What the image verbs work with, handed down as one value."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from core.defaults import Transfers
from core.events.bus import EventBus
from core.images.disk import DiskMeter
from core.images.dropping import Dropper
from core.images.layers.blobs import Blobs
from core.images.layers.rebuild import Rebuilder
from core.images.layers.unpack import Unpacker
from core.images.receiving.fetcher import Fetcher
from core.images.receiving.installer import Installer
from core.images.store import ImageStore
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.storage import StorageDriver
from sdk.drivers.verifier import ImageVerifier
from sdk.events import EventType

Users = Callable[[str], Sequence[tuple[str, bool]]]
"""The containers made from an image: their IDs, and whether each runs."""

_TRANSFERS = Transfers()


@dataclass(frozen=True, slots=True)
class ImageContext:
    """Shared by all image verbs; nothing in it knows a verb."""

    store: ImageStore
    storage: StorageDriver
    registry: RegistryBackend
    events: EventBus
    users: Users
    unpacker: Unpacker
    fetcher: Fetcher
    installer: Installer
    rebuilder: Rebuilder
    blobs: Blobs
    dropper: Dropper
    meter: DiskMeter
    verifiers: Mapping[str, ImageVerifier]
    uploads: anyio.CapacityLimiter

    def limit(self, transfers: Transfers) -> None:
        """Transfer so many layers at once from now on; 0: all."""
        self.fetcher.limit(transfers.downloads)
        self.uploads.total_tokens = transfers.uploads or math.inf

    def announce(self, action: str, actor: str, name: str) -> None:
        """Publish an event of an image; its labels come along while it exists."""
        labels = self.store.get(actor).config.config.labels if actor in self.store else {}
        self.events.emit(EventType.IMAGE, action, actor, {**labels, "name": name})


@dataclass(frozen=True, slots=True)
class ImageDrivers:
    """The drivers that images need."""

    storage: StorageDriver
    registry: RegistryBackend
    verifiers: Mapping[str, ImageVerifier] = field(default_factory=dict)


def open_context(store: ImageStore, drivers: ImageDrivers, events: EventBus, users: Users, *, keep_blobs: bool) -> ImageContext:
    """Build the context of one engine; without `keep_blobs` the archives of unpacked layers are dropped."""
    storage, registry = drivers.storage, drivers.registry
    unpacker = Unpacker()
    fetcher = Fetcher(store.content, registry, _TRANSFERS.downloads)
    installer = Installer(store.content, store.layers, storage, unpacker)
    rebuilder = Rebuilder(store.content, store.layers, storage)
    return ImageContext(
        store=store,
        storage=storage,
        registry=registry,
        events=events,
        users=users,
        unpacker=unpacker,
        fetcher=fetcher,
        installer=installer,
        rebuilder=rebuilder,
        blobs=Blobs(store.content, store.layers, rebuilder),
        dropper=Dropper(store, rebuilder, keep=keep_blobs),
        meter=DiskMeter(store, storage),
        verifiers=drivers.verifiers,
        uploads=anyio.CapacityLimiter(_TRANSFERS.uploads),
    )
