"""The image rooms without an engine, for work on a data root while no daemon runs."""

from functools import partial

from core.containers.life.record import ContainerRecord
from core.containers.life.state import is_running
from core.containers.life.store import ContainerStore
from core.engine.builds.cache import BuildCache
from core.engine.context import EngineSettings
from core.engine.images.context import ImageContext, ImageDrivers, open_context
from core.events.bus import EventBus
from core.images.content.store import ContentStore
from core.images.store import ImageStore
from core.store.database import Database
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.storage import StorageDriver


def images_without_engine(
    settings: EngineSettings, database: Database, storage: StorageDriver, registry: RegistryBackend, events: EventBus
) -> ImageContext:
    """Return the image rooms for work without a daemon. Containers, running or not, and the build cache count as users."""
    containers = ContainerStore(database)
    containers.load()
    store = ImageStore(database, ContentStore(settings.data_root / "content"))
    BuildCache(database, store, settings.data_root / "build" / "mounts")
    users = partial(image_users, containers)
    return open_context(store, ImageDrivers(storage, registry), events, users, keep_blobs=settings.keep_blobs)


def image_users(containers: ContainerStore, image_id: str) -> list[tuple[str, bool]]:
    """Return the containers made from an image, or with it mounted, and whether each runs."""
    return [(live.id, is_running(live.record)) for live in containers if image_id in _images_of(live.record)]


def _images_of(record: ContainerRecord) -> tuple[str, ...]:
    return record.image_id, *(mount.source for mount in record.mounts if mount.type == "image")
