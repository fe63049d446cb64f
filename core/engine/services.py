"""Binds the verbs to the protocols that frontends see, and opens the engine."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial

import anyio
from anyio.abc import TaskGroup

from core.background import Background
from core.containers.life.live import LiveContainer
from core.containers.life.store import ContainerStore
from core.containers.mounts.resolve import volume_names
from core.drivers import Drivers
from core.engine.attempt import attempt
from core.engine.builds.service import BuildService
from core.engine.containers import commit, create, pause, prune, remove, rename, start, stop, update, wait
from core.engine.containers.boot import reconcile
from core.engine.containers.boot.shutdown import shut_down
from core.engine.containers.files.service import FileService
from core.engine.containers.io import attach, exec, logs
from core.engine.containers.preparation import links
from core.engine.containers.views import explain, inspect, stats, top
from core.engine.containers.views import list as listing
from core.engine.context import EngineContext, EngineSettings, LiveSettings
from core.engine.images import gc
from core.engine.images.content.service import ContentService
from core.engine.images.service import Commit, ImageService
from core.engine.networks.service import NetworkService
from core.engine.offline import image_users
from core.engine.system import disk_usage
from core.engine.system import service as system
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
from sdk.drivers.logs import LogRequest
from sdk.drivers.registry import Credentials
from sdk.engine.config import UpdateRequest
from sdk.engine.containers import (
    AttachRequest,
    Changed,
    ContainerInfo,
    Created,
    CreateRequest,
    ExecInfo,
    ExecRequest,
    Filters,
    ListRequest,
    LogSession,
    ProcessTable,
    Pruned,
    Session,
    StatsSample,
    WaitCondition,
    Waiter,
)
from sdk.engine.system import DiskUsage, EventsRequest, PluginStatus, SystemInfo
from sdk.errors import explained
from sdk.events import Event
from sdk.oci.runtime import Spec


@dataclass(frozen=True, slots=True)
class _Bound:
    context: EngineContext

    def _find(self, ref: str) -> LiveContainer:
        return self.context.containers.find(ref)


class ContainerService(_Bound):
    """Implements `sdk.engine.Containers`."""

    async def create(self, request: CreateRequest) -> Created:
        return await create.create(self.context, request)

    async def inspect(self, ref: str, *, size: bool = False) -> ContainerInfo:
        return await inspect.inspect(self.context, self._find(ref), size=size)

    async def list(self, request: ListRequest) -> Sequence[ContainerInfo]:
        return await listing.list_containers(self.context, request)

    async def start(self, ref: str) -> Changed:
        return await start.start(self.context, self._find(ref))

    async def stop(self, ref: str, *, timeout: int | None = None, signal: str = "") -> Changed:
        live = self._find(ref)
        with explained(f"cannot stop container: {ref}"):
            return await stop.stop(self.context, live, timeout, signal)

    async def restart(self, ref: str, *, timeout: int | None = None, signal: str = "") -> None:
        live = self._find(ref)
        with explained(f"Cannot restart container {ref}"):
            await stop.restart(self.context, live, timeout, signal)

    async def kill(self, ref: str, signal: str = "") -> None:
        with explained(f"cannot kill container: {ref}"):
            await stop.kill(self.context, self._find(ref), signal)

    async def pause(self, ref: str) -> None:
        await pause.pause(self.context, self._find(ref))

    async def unpause(self, ref: str) -> None:
        await pause.unpause(self.context, self._find(ref))

    async def remove(self, ref: str, *, force: bool = False, volumes: bool = False, link: bool = False) -> None:
        if link:
            await links.remove_link(self.context, ref)
            return
        await remove.remove(self.context, self._find(ref), force=force, volumes=volumes)

    async def explain(self, ref: str) -> Sequence[tuple[str, str]]:
        return await explain.explain(self.context, self._find(ref))

    async def rename(self, ref: str, name: str) -> None:
        await rename.rename(self.context, self._find(ref), name)

    async def update(self, ref: str, request: UpdateRequest) -> Sequence[str]:
        return await update.update(self.context, self._find(ref), request)

    async def wait(self, ref: str, condition: WaitCondition) -> Waiter:
        return wait.register(self._find(ref), condition)

    async def prune(self, filters: Filters) -> Pruned:
        return await prune.prune(self.context, filters)


class StreamService(_Bound):
    """Implements `sdk.engine.ContainerStreams`."""

    async def attach(self, ref: str, request: AttachRequest) -> Session:
        return await attach.attach(self.context, self._find(ref), request)

    async def logs(self, ref: str, request: LogRequest) -> LogSession:
        return await logs.logs(self.context, self._find(ref), request)

    async def stats(self, ref: str, *, stream: bool = True, one_shot: bool = False) -> AsyncIterator[StatsSample]:
        return stats.stats(self.context, self._find(ref), stream=stream, one_shot=one_shot)

    async def top(self, ref: str, ps_args: str = "") -> ProcessTable:
        return await top.top(self.context, self._find(ref), ps_args)

    async def resize(self, ref: str, rows: int, columns: int) -> None:
        await attach.resize(self.context, self._find(ref), rows, columns)


class ExecService(_Bound):
    """Implements `sdk.engine.Execs`."""

    async def create(self, ref: str, request: ExecRequest) -> str:
        return (await exec.create(self.context, self._find(ref), request, called=ref)).id

    async def start(self, exec_id: str, *, detach: bool = False, rows: int = 0, columns: int = 0) -> Session | None:
        live, execution = exec.find(self.context, exec_id)
        exec.accept(live, execution)
        exec.sized(execution, rows, columns)
        if not detach:
            return exec.ExecSession(self.context, live, execution)
        await exec.run(self.context, live, execution)
        return None

    async def inspect(self, exec_id: str) -> ExecInfo:
        return exec.describe(*exec.find(self.context, exec_id))

    async def resize(self, exec_id: str, rows: int, columns: int) -> None:
        await exec.resize(*exec.find(self.context, exec_id), rows, columns)


class SystemService:
    """Implements `sdk.engine.System`."""

    def __init__(
        self, context: EngineContext, images: ImageService, builds: BuildService, plugins: tuple[PluginStatus, ...]
    ) -> None:
        self._context = context
        self._images = images
        self._builds = builds
        self._plugins = plugins
        self._started_ns = time.time_ns()

    async def info(self) -> SystemInfo:
        return await system.info(self._context, self._plugins, self._started_ns)

    async def disk_usage(self, kinds: frozenset[str] = frozenset()) -> DiskUsage:
        return await disk_usage.disk_usage(self._context, self._images, self._builds, kinds)

    async def events(self, request: EventsRequest) -> AsyncIterator[Event]:
        return system.events(self._context, request)

    async def authenticate(self, credentials: Credentials) -> str:
        return await system.authenticate(self._context, credentials)


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
    image_service = _image_service(
        settings, drivers, events, images, containers, lambda held, request: commit.commit(context, held, request)
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
            system=SystemService(context, image_service, builds, plugins),
            builds=builds,
        )

        def reload(changed: EngineSettings, attributes: Mapping[str, str]) -> None:
            image_service.context.limit(changed.transfers)
            system.reload(context, changed, attributes)

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
            _let_go(live)


def _tend_images(background: Background, images: ImageService, settings: EngineSettings) -> None:
    background.start("dropping archives", images.settle)
    background.start("garbage collection", gc.watch, images.context, settings.gc)


def _image_service(
    settings: EngineSettings, drivers: Drivers, events: EventBus, images: ImageStore, containers: ContainerStore, commit: Commit
) -> ImageService:
    return ImageService(
        images,
        drivers.storage,
        drivers.registry,
        events,
        partial(image_users, containers),
        commit,
        drivers.builder.changed,
        keep_blobs=settings.keep_blobs,
        verifiers=drivers.verifiers,
    )


def _volumes_in_use(containers: ContainerStore) -> list[tuple[str, tuple[str, ...]]]:
    return [(live.id, volume_names(live.record.mounts)) for live in containers]


def _let_go(live: LiveContainer) -> None:
    """Stop reading a container's output and close what this daemon holds of it; the container does not notice."""
    if live.pumps is not None:
        live.pumps.stop()
    if live.task is not None:
        live.task.close()
    if live.log is not None:
        live.log.close()
