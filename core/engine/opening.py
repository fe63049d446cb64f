"""Opens the engine: its stores, what an earlier daemon left, and the services that frontends see."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial

import anyio
from anyio.abc import TaskGroup

from core.background import Background
from core.containers.life.store import ContainerStore
from core.containers.mounts.resolve import volume_names
from core.drivers import Drivers
from core.engine.attempt import attempt
from core.engine.builds.service import BuildService
from core.engine.containers import commit
from core.engine.containers.boot import reconcile
from core.engine.containers.boot.shutdown import shut_down
from core.engine.containers.files.service import FileService
from core.engine.containers.service import ContainerService, ExecService, StreamService
from core.engine.context import EngineContext, EngineSettings, LiveSettings
from core.engine.images import gc
from core.engine.images.content.service import ContentService
from core.engine.images.context import ImageContext, ImageDrivers, open_context
from core.engine.images.service import ImageService
from core.engine.networks.service import NetworkService
from core.engine.offline import image_users
from core.engine.system import reload as reloading
from core.engine.system.service import SystemService
from core.engine.system.upkeep import keeping
from core.engine.volumes.service import VolumeService
from core.events.bus import EventBus
from core.images.content.store import ContentStore
from core.images.store import ImageStore
from core.networks.attachments import Attachments
from core.networks.catalog import NetworkCatalog
from core.networks.dns.service import NameService
from core.store.copies import Copies
from core.store.database import Database
from core.volumes.catalog import VolumeCatalog
from core.volumes.uses import Uses
from sdk import engine as protocol
from sdk.engine.system import PluginStatus
from sdk.oci.runtime import Spec


@dataclass(frozen=True, slots=True)
class OpenedEngine:
    """The engine, and what only the daemon may ask of it: to go on with other settings, and to stop containers before it ends."""

    engine: protocol.Engine
    reload: Callable[[EngineSettings, Mapping[str, str]], None]
    shut_down: Callable[[], Awaitable[None]]


@asynccontextmanager
async def open_engine(
    settings: EngineSettings,
    drivers: Drivers,
    database: Database,
    events: EventBus,
    amend: Callable[[Spec, str], Spec],
    plugins: tuple[PluginStatus, ...],
) -> AsyncIterator[OpenedEngine]:
    """Open the stores, take up what an earlier daemon left, and give the engine. At the end containers go on running without it."""
    containers = ContainerStore(database)
    images = ImageStore(database, ContentStore(settings.data_root / "content"))
    volumes = VolumeCatalog(database, drivers, events, lambda: _volumes_in_use(containers), Uses(settings.exec_root / "volumes"))
    networks = NetworkCatalog(database, drivers, settings.networks, settings.bridge, settings.engine_id)
    image_service = ImageService(
        _images(settings, drivers, events, images, containers),
        lambda held, request: commit.commit(context, held, request),
        drivers.builder.changed,
    )
    async with _tasks(containers) as (tasks, ending):
        background = Background(tasks)
        names = ending.enter_context(closing(NameService(networks, background)))
        attachments = Attachments(database, networks, drivers, events, names)
        context = EngineContext(
            live_settings=LiveSettings(settings),
            drivers=drivers,
            database=database,
            events=events,
            containers=containers,
            images=images,
            attachments=attachments,
            volumes=volumes,
            background=background,
            amend=amend,
        )
        image_service.context.limit(settings.transfers)
        builds = ending.enter_context(closing(BuildService(context, image_service.context)))
        await attempt("clearing away what pulls left", image_service.recover())
        await reconcile.boot(context)
        _tend_images(background, image_service, settings)
        engine = protocol.Engine(
            containers=ContainerService(context),
            streams=StreamService(context),
            files=FileService(context),
            execs=ExecService(context),
            images=image_service,
            content=ContentService(image_service.context),
            networks=NetworkService(networks, context),
            volumes=VolumeService(volumes, events),
            system=SystemService(context, image_service, builds, networks, plugins),
            builds=builds,
        )

        def reload(changed: EngineSettings, attributes: Mapping[str, str]) -> None:
            image_service.context.limit(changed.transfers)
            reloading.reload(context, changed, attributes)

        ending.enter_context(keeping(background, database, containers, Copies(settings.data_root)))
        yield OpenedEngine(engine, reload, partial(shut_down, context))


@asynccontextmanager
async def _tasks(containers: ContainerStore) -> AsyncIterator[tuple[TaskGroup, ExitStack]]:
    """Give the engine's tasks, and a stack for what is closed at the end, however it comes: the daemon stops by cancellation.

    First the stack is unwound, then the tasks end, then nothing of a container is held any more.
    """
    try:
        async with anyio.create_task_group() as tasks:
            with ExitStack() as ending:
                ending.callback(tasks.cancel_scope.cancel)
                yield tasks, ending
    finally:
        for live in containers:
            live.run.close()


def _tend_images(background: Background, images: ImageService, settings: EngineSettings) -> None:
    background.start("dropping archives", images.drop_archives)
    background.start("garbage collection", gc.watch, images.context, settings.gc)


def _images(
    settings: EngineSettings, drivers: Drivers, events: EventBus, images: ImageStore, containers: ContainerStore
) -> ImageContext:
    used = ImageDrivers(drivers.storage, drivers.registry, drivers.verifiers)
    return open_context(images, used, events, partial(image_users, containers), keep_blobs=settings.keep_blobs)


def _volumes_in_use(containers: ContainerStore) -> list[tuple[str, tuple[str, ...]]]:
    return [(live.id, volume_names(live.record.mounts)) for live in containers]
