"""The composition of the daemon, and the only file that knows every room: settings, plugins, drivers, engine, frontends, server."""

import gc
import logging
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

import anyio
from anyio.abc import TaskStatus

from core.config import Settings, StartupError
from core.containers.rlimits import parse_ulimit
from core.daemon.heap import trim_when_grown
from core.daemon.listeners import ListenOptions, TLSFiles, open_listeners
from core.daemon.server import dispatch, serve
from core.daemon.signals import wait_for_stop
from core.engine.context import EngineSettings, GcPolicy
from core.engine.image_context import ImageContext
from core.engine.offline import images_without_engine
from core.engine.services import open_engine
from core.events.bus import EventBus
from core.host.roots import hold_data_root, pidfile, prepare_exec_root
from core.host.systemd import notify
from core.kernel.lifecycle import check_strict, open_drivers, open_for_images
from core.kernel.plugins import Plugins, find_plugins
from core.store.database import Database
from sdk.engine import Engine
from sdk.engine.config import Ulimit
from sdk.errors import EngineError, InvalidArgument
from sdk.frontend import ApiFrontend

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """An opened engine and the frontends over it."""

    engine: Engine
    frontends: tuple[ApiFrontend, ...]


@asynccontextmanager
async def open_everything(settings: Settings, plugins: Plugins) -> AsyncIterator[Running]:
    """Open the database, the drivers and the engine on the two roots, which the caller holds; close them in reverse."""
    database = Database(settings.data_root / "core.db")
    try:
        instance = stable_instance(database)
        events = EventBus(plugins.registry.on_event)
        async with (
            open_drivers(plugins.offers, settings, plugins.health, instance, events) as opened,
            open_engine(
                _engine_settings(settings, instance),
                opened.drivers,
                database,
                events,
                plugins.registry.amend_runtime_spec,
                plugins.health.statuses(),
            ) as engine,
        ):
            plugins.registry.engine_ready(engine)
            yield Running(engine, opened.frontends)
    finally:
        database.close()


@asynccontextmanager
async def open_images(settings: Settings, plugins: Plugins) -> AsyncIterator[ImageContext]:
    """Open the image rooms alone, on a data root that the caller holds and no daemon works with."""
    database = Database(settings.data_root / "core.db")
    try:
        instance, events = stable_instance(database), EventBus(lambda _event: None)
        async with open_for_images(plugins.offers, settings, plugins.health, instance, events) as (storage, registry):
            yield images_without_engine(_engine_settings(settings, instance), database, storage, registry, events)
    finally:
        database.close()


async def run_daemon(settings: Settings, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run the daemon until SIGTERM or SIGINT. Containers go on running; the next daemon on the data root takes them over.

    Raises StartupError in one sentence when it cannot start.
    """
    with ExitStack() as held:
        held.enter_context(hold_data_root(settings.data_root))
        prepare_exec_root(settings.exec_root)
        held.enter_context(pidfile(settings.pidfile or settings.exec_root / "core.pid"))
        try:
            async with anyio.create_task_group() as tasks:
                await tasks.start(_stop_on_signal, tasks.cancel_scope)
                tasks.start_soon(trim_when_grown)
                plugins = find_plugins(settings)
                check_strict(settings, plugins.health)
                await _serve(settings, plugins, on_ready)
                tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise _startup_error(group) or group from None


async def _serve(settings: Settings, plugins: Plugins, on_ready: Callable[[], None]) -> None:
    async with open_everything(settings, plugins) as running:
        app = dispatch([(frontend, frontend.build(running.engine)) for frontend in running.frontends])
        try:
            listeners = open_listeners(settings.hosts, _listen_options(settings))
        except EngineError as error:
            raise StartupError(error.message) from error

        def ready() -> None:
            gc.collect()
            gc.freeze()
            _log.info("listening on %s", ", ".join(listener.address for listener in listeners))
            notify("READY=1")
            on_ready()

        await serve(app, listeners, on_ready=ready)


def _startup_error(error: BaseException) -> StartupError | None:
    """Return the sentence for the person at the terminal from within what task groups wrapped around it."""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(_startup_error, error.exceptions)), None)
    return error if isinstance(error, StartupError) else None


async def _stop_on_signal(scope: anyio.CancelScope, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
    # A handler, not SIG_IGN: containers would inherit that one.
    signal.signal(signal.SIGHUP, lambda _number, _frame: _log.info("SIGHUP: nothing to reload, settings are read at start"))
    number = await wait_for_stop(task_status=task_status)
    _log.info("stopping on %s; containers go on running", number.name)
    notify("STOPPING=1")
    scope.cancel()


def stable_instance(database: Database) -> str:
    """Return the data root's token for names of kernel objects; made once, eight hexadecimal digits."""
    table = database.table("engine", str)
    instance = table.get("instance")
    if instance is None:
        instance = secrets.token_hex(4)
        table.put("instance", instance)
    return instance


def _engine_settings(settings: Settings, instance: str) -> EngineSettings:
    return EngineSettings(
        data_root=settings.data_root,
        exec_root=settings.exec_root,
        instance=instance,
        labels=settings.labels,
        registry_mirrors=settings.registry_mirrors,
        insecure_registries=settings.insecure_registries,
        log_options=tuple(settings.log_opts.items()),
        default_ulimits=_default_ulimits(settings),
        keep_blobs=settings.keep_blobs,
        gc=GcPolicy(settings.gc.keep_free, settings.gc.max_age, settings.gc.interval),
    )


def _default_ulimits(settings: Settings) -> tuple[Ulimit, ...]:
    try:
        return tuple(map(parse_ulimit, settings.default_ulimits))
    except InvalidArgument as error:
        raise StartupError(f"default_ulimits: {error.message}") from error


def _listen_options(settings: Settings) -> ListenOptions:
    plainly_no = "tls" in settings.model_fields_set and not settings.tls
    return ListenOptions(group=settings.group, tls=_tls_files(settings), allow_plain_tcp=settings.allow_plain_tcp or plainly_no)


def _tls_files(settings: Settings) -> TLSFiles | None:
    if not (settings.tls or settings.tlsverify):
        return None
    if settings.tlscert is None or settings.tlskey is None:
        raise StartupError("TLS needs --tlscert and --tlskey")
    if settings.tlsverify and settings.tlscacert is None:
        raise StartupError("--tlsverify needs --tlscacert")
    return TLSFiles(settings.tlscert, settings.tlskey, settings.tlscacert, settings.tlsverify)
