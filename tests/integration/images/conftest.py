"""A private network, a registry in it, and the image rooms of the engine over the overlay driver on a tmpfs."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.engine.images.context import ImageDrivers, open_context
from core.engine.images.service import ImageService
from core.events.bus import EventBus
from core.images.content.store import ContentStore
from core.images.store import ImageStore
from core.store.database import Database
from plugins.builder_dockerfile.driver import DockerfileBuilder
from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings
from plugins.storage_overlay.driver import OverlayDriver
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.storage import StorageDriver
from sdk.engine.images import Progress, PullRequest
from sdk.events import Event
from sdk.linux.mount import mount, umount
from sdk.testing.distribution import RunningRegistry, serve_registry
from sdk.testing.netns import private_network


@dataclass
class Rooms:
    """The image rooms of one engine."""

    images: ImageService
    store: ImageStore
    storage: StorageDriver
    registry: RegistryBackend
    database: Database
    events: list[Event]
    users: dict[str, list[tuple[str, bool]]]

    def close(self) -> None:
        self.storage.close()
        self.database.close()

    async def pull(self, reference: str, **options: object) -> list[Progress]:
        return [step async for step in self.images.pull(PullRequest(reference, **options))]


def open_rooms(
    root: Path, registry: RegistryBackend, *, keep_blobs: bool = True, driver: Callable[[Path], StorageDriver] = OverlayDriver
) -> Rooms:
    events: list[Event] = []
    users: dict[str, list[tuple[str, bool]]] = {}
    (root / "storage").mkdir(exist_ok=True)
    database = Database(root / "core.db")
    store = ImageStore(database, ContentStore(root / "content"))
    storage = driver(root / "storage")
    context = open_context(
        store, ImageDrivers(storage, registry), EventBus(events.append), lambda image: users.get(image, []), keep_blobs=keep_blobs
    )
    service = ImageService(context, change=DockerfileBuilder().changed)
    return Rooms(service, store, storage, registry, database, events, users)


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    """A network of the module's own; the next module's tests are back at home."""
    with private_network():
        yield


@pytest.fixture(scope="module")
def docker_registry(network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with serve_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs: deleting many files is quick there, and nothing stays behind."""
    target = tmp_path / "disk"
    target.mkdir()
    mount("tmpfs", str(target), "tmpfs")
    yield target
    umount(str(target))


@pytest.fixture
async def hub(docker_registry: RunningRegistry) -> AsyncIterator[RegistryBackend]:
    backend = HubBackend(HubSettings(backoff=0.01, stall_timeout=2))
    yield backend
    await backend.close()


@pytest.fixture
def reopened(disk: Path, hub: RegistryBackend) -> Iterator[Callable[[], Rooms]]:
    """Open the rooms on what an earlier process left on the disk."""
    opened: list[Rooms] = []

    def reopen() -> Rooms:
        opened.append(open_rooms(disk, hub))
        return opened[-1]

    yield reopen
    for rooms in opened:
        rooms.close()


@pytest.fixture
def rooms(disk: Path, hub: RegistryBackend) -> Iterator[Rooms]:
    opened = open_rooms(disk, hub)
    yield opened
    opened.close()


@pytest.fixture
def slim_rooms(disk: Path, hub: RegistryBackend) -> Iterator[Rooms]:
    """The rooms of an engine that drops the archives of unpacked layers."""
    (disk / "slim").mkdir()
    opened = open_rooms(disk / "slim", hub, keep_blobs=False)
    yield opened
    opened.close()


@pytest.fixture
def empty_rooms(disk: Path, hub: RegistryBackend) -> Iterator[Rooms]:
    """The rooms of a second engine."""
    (disk / "second").mkdir()
    opened = open_rooms(disk / "second", hub)
    yield opened
    opened.close()
