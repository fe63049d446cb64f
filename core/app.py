"""The composition of the daemon, and the only file that knows every room: settings, plugins, drivers, engine, frontends, server."""

import gc
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import anyio
from anyio.abc import TaskStatus

from core.beginning import open_database, stable_instance
from core.config import Settings, StartupError
from core.containers.limits.rlimits import parse_ulimit
from core.containers.process.seccomp_profile import load_profile
from core.daemon.authorization.door import Door
from core.daemon.cross_site import guarded
from core.daemon.exposure import exposed
from core.daemon.heap import trim_when_grown
from core.daemon.listeners import ListenOptions, TLSFiles, open_listeners
from core.daemon.logs import set_level
from core.daemon.proxies import export_proxies, proxies_in_effect
from core.daemon.server import dispatch, serve
from core.daemon.signals import bear_hangups, on_hangup, wait_for_stop
from core.daemon.traced import traced
from core.daemon.traces import TracesFrontend
from core.daemon.watchdog import watched_loop
from core.dockerd.configuration import Configuration, load_configuration
from core.dockerd.flags import FlagError
from core.dockerd.reload import attributes, reloaded
from core.drivers import failure
from core.engine.context import EngineSettings, GcPolicy
from core.engine.images.context import ImageContext
from core.engine.offline import images_without_engine
from core.engine.opening import OpenedEngine, open_engine
from core.events.bus import EventBus
from core.host.roots import check_pidfile, engine_id, hold_data_root, hold_exec_root, pidfile, refuse_dockers_root
from core.host.systemd import notify
from core.kernel.lifecycle import Opened, check_strict, open_drivers, open_for_images
from core.kernel.observers import Observers
from core.kernel.plugins import Plugins, find_plugins
from core.store.database import Database
from core.swaps import check_default_network, check_storage, keep_storage
from core.tracing import Tracer
from sdk.engine.config import Ulimit
from sdk.engine.security import Seccomp, SeccompChoice
from sdk.errors import EngineError, InvalidArgument
from sdk.frontend import ApiFrontend, ASGIApp
from sdk.providers import Kind
from sdk.tracing import serving

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """An opened engine, what its plugins opened, and the data root's token."""

    engine: OpenedEngine
    opened: Opened
    observers: Observers
    instance: str


@asynccontextmanager
async def open_everything(settings: Settings, plugins: Plugins) -> AsyncIterator[Running]:
    """Open the database, the drivers and the engine on the two roots, which the caller holds; close them in reverse."""
    async with _opened_root(settings) as (database, instance):
        check_default_network(database, settings.drivers.network)
        keep_storage(database, settings.drivers.storage)
        observers = Observers(plugins.hooks)
        events = EventBus(observers.on_event)
        async with open_drivers(plugins.offers, settings, plugins.health, instance, events) as opened:
            observers.chosen = opened.observers  # before the engine opens, which starts containers again
            async with open_engine(
                engine_settings(settings, instance),
                opened.drivers,
                database,
                events,
                observers.amend_runtime_spec,
                plugins.health.statuses(),
            ) as engine:
                observers.engine_ready(engine.engine)
                yield Running(engine, opened, observers, instance)


@asynccontextmanager
async def open_images(settings: Settings, plugins: Plugins) -> AsyncIterator[ImageContext]:
    """Open the image rooms alone, on a data root that the caller holds and no daemon works with."""
    async with _opened_root(settings) as (database, instance):
        events = EventBus(lambda _event: None)
        async with open_for_images(plugins.offers, settings, plugins.health, instance, events) as (storage, registry):
            yield images_without_engine(engine_settings(settings, instance), database, storage, registry, events)


@asynccontextmanager
async def _opened_root(settings: Settings) -> AsyncIterator[tuple[Database, str]]:
    """Open the database of a data root, and give it with the root's token. Raises StartupError where its storage driver is not the chosen."""
    with closing(open_database(settings.data_root)) as database:
        check_storage(database, settings.data_root, settings.drivers.storage)
        yield database, await stable_instance(database, settings)


async def run_daemon(configuration: Configuration, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run the daemon until SIGTERM or SIGINT. With `live_restore` containers go on running, and the next daemon on the data root takes
    them over; otherwise they are stopped first.

    Raises StartupError in one sentence when it cannot start.
    """
    settings = configuration.settings
    bear_hangups()
    export_proxies(settings.proxies)
    refuse_dockers_root(settings.data_root)
    with ExitStack() as held:
        held.enter_context(hold_data_root(settings.data_root))
        file = settings.pidfile or settings.exec_root / "core.pid"
        check_pidfile(file)
        held.enter_context(hold_exec_root(settings.exec_root))
        held.enter_context(pidfile(file))
        try:
            async with anyio.create_task_group() as tasks:
                life = Life(configuration, tasks.cancel_scope)
                await tasks.start(life.stop_on_signal)
                tasks.start_soon(trim_when_grown)
                plugins = find_plugins(settings)
                check_strict(settings, plugins.health)
                for broken in plugins.health.failures():
                    _log.warning("plugin %s (%s) is left out: %s", broken.name, broken.distribution, broken.reason)
                await _serve(life, plugins, on_ready)
                tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise _startup_error(group) or group from None


class Life:
    """What signals do to a running daemon."""

    def __init__(self, configuration: Configuration, scope: anyio.CancelScope) -> None:
        self.settings = configuration.settings
        self._configuration = configuration
        self._scope = scope
        self.serving: tuple[Running, Door] | None = None
        """What runs, and the door that its requests pass, from the moment there is something to stop and to reload."""

    async def stop_on_signal(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Await the signal to stop, stop containers that do not outlive the daemon, and end."""
        number = await wait_for_stop(task_status=task_status)
        _log.info("stopping on %s%s", number.name, "; containers go on running" if self.settings.live_restore else "")
        notify("STOPPING=1")
        if self.serving is not None:
            running, _door = self.serving
            await running.engine.shut_down()
        self._scope.cancel()

    async def reload(self) -> None:
        """Read the configuration again and change what may change; what is wrong with it is logged, and nothing changes."""
        _log.info("reloading the configuration on SIGHUP")
        notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            await self._reload()
        except (StartupError, FlagError, EngineError, OSError) as error:
            _log.error("error reconfiguring the daemon: %s", error)
        notify("READY=1")

    async def _reload(self) -> None:
        if self.serving is None:
            return
        running, door = self.serving
        fresh = load_configuration(self._configuration.flags, self._configuration.style)
        wanted = reloaded(self.settings, fresh)
        changed = engine_settings(wanted, running.instance)
        now = attributes(wanted, await running.opened.drivers.cgroup_version())
        await running.opened.reload(wanted)
        door.guard(running.opened.authorizers.current)
        self.settings = wanted
        set_level(wanted)
        running.engine.reload(changed, now)
        _log.info("Reloaded configuration: %s", json.dumps({**now, **wanted.proxies.shown()}))


async def _serve(life: Life, plugins: Plugins, on_ready: Callable[[], None]) -> None:
    settings = life.settings
    tracer = Tracer()
    serving.set(tracer)
    async with open_everything(settings, plugins) as running, anyio.create_task_group() as tasks:
        tracer.ship = running.observers.trace_watchers()
        traces = TracesFrontend(tracer)
        door = Door(dispatch([*_built(settings, plugins, running), (traces, traces.build(running.engine.engine))]))
        door.guard(running.opened.authorizers.current)
        try:
            listeners = open_listeners(settings.hosts, _listen_options(settings))
        except EngineError as error:
            raise StartupError(error.message) from error
        life.serving = running, door
        tasks.start_soon(on_hangup, life.reload)

        def ready() -> None:
            gc.collect()
            gc.freeze()
            _log.info("listening on %s", ", ".join(listener.address for listener in listeners))
            notify("READY=1")
            on_ready()

        with watched_loop():
            await serve(guarded(traced(door, tracer), _names(settings)), listeners, on_ready=ready)


def _built(settings: Settings, plugins: Plugins, running: Running) -> Iterator[tuple[ApiFrontend, ASGIApp]]:
    """Yield each frontend with its application. Raises StartupError for one that cannot make it."""
    for name, frontend in zip(settings.drivers.frontends, running.opened.frontends, strict=True):
        try:
            built = frontend.build(running.engine.engine)
        except (Exception, SystemExit) as error:
            raise StartupError(failure(Kind.FRONTEND, name, plugins.offers.frontends[name].plugin, "build", error)) from error
        yield frontend, built


def _names(settings: Settings) -> list[str]:
    """Return the host names that are the daemon's: those it was told, and those it listens on."""
    hosts = (urlsplit(host) for host in settings.hosts)
    return [*settings.api_names, *(host.hostname for host in hosts if host.scheme == "tcp" and host.hostname)]


def _startup_error(error: BaseException) -> StartupError | None:
    """Return the sentence for the person at the terminal from within what task groups wrapped around it."""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(_startup_error, error.exceptions)), None)
    if isinstance(error, EngineError):
        return StartupError(error.message)
    return error if isinstance(error, StartupError) else None


def engine_settings(settings: Settings, instance: str) -> EngineSettings:
    """Return the engine's part of the settings. Raises StartupError for a limit or a seccomp profile that cannot be used."""
    return EngineSettings(
        data_root=settings.data_root,
        exec_root=settings.exec_root,
        instance=instance,
        engine_id=engine_id(settings.data_root),
        labels=settings.labels,
        registry_mirrors=settings.registry_mirrors,
        insecure_registries=settings.insecure_registries,
        log_options=tuple(settings.log_opts.items()),
        default_ulimits=_default_ulimits(settings),
        live_restore=settings.live_restore,
        shutdown_timeout=settings.shutdown_timeout,
        debug=settings.debug or settings.log_level == "debug",
        seccomp=_seccomp(settings.containers.seccomp_profile),
        containers=settings.containers,
        bridge=settings.bridge,
        networks=settings.networks,
        proxies=proxies_in_effect(),
        transfers=settings.transfers,
        runtimes=tuple((name, runtime.path) for name, runtime in settings.runtimes.items()),
        cdi_spec_dirs=settings.cdi_spec_dirs,
        authorizers=settings.drivers.authorizers,
        warnings=tuple(exposed(settings.hosts, tls=settings.tls or settings.tlsverify, verify=settings.tlsverify)),
        keep_blobs=settings.keep_blobs,
        gc=GcPolicy(settings.gc.keep_free, settings.gc.max_age, settings.gc.interval),
    )


def _seccomp(profile: str) -> Seccomp:
    """Return the filter of containers that name none: the built-in one, none, or a profile's from a file."""
    if profile in (SeccompChoice.BUILTIN, SeccompChoice.UNCONFINED):
        return Seccomp(SeccompChoice(profile))
    try:
        text = Path(profile).read_text()
        load_profile(text, frozenset())
    except OSError as error:
        raise StartupError(
            f"opening seccomp profile ({profile}) failed: open {profile}: {(error.strerror or '').lower()}"
        ) from None
    except (InvalidArgument, ValueError) as error:
        raise StartupError(f"seccomp profile {profile}: {error}") from None
    return Seccomp(SeccompChoice.PROFILE, text)


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
