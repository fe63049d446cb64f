"""Open the drivers in order on one exit stack; closing goes in reverse.

Chosen drivers must open. Of networks, volumes, logs and runtimes all others are opened too, for containers that name them, and of
registries those that may serve hosts of their own; one that does not open is marked, and the daemon goes on.
"""

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from core.config import ConfigurationError, IsolationSettings, Settings, StartupError
from core.drivers import Drivers, Reopened, failure
from core.kernel.authorizers import Authorizers
from core.kernel.health import Health
from core.kernel.hooks import D, Offer
from core.kernel.isolated import isolated_plugins
from core.kernel.offers import Offers
from core.kernel.registries import ReplaceableBackend, by_host
from core.kernel.runtimes import DOCKERS_NAMES, NamedRuntimes
from core.kernel.slots.facade import slotted
from core.kernel.slots.kinds import SLOTTED
from core.kernel.slots.slot import Slot
from core.kernel.tables import read_table, table_of, with_keys
from core.kernel.wrapping import Installed, Place
from core.sentences import sentence
from sdk.drivers.authorizer import Authorizer
from sdk.drivers.network import NetworkDriver
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.runtime import Runtime
from sdk.drivers.storage import StorageDriver
from sdk.errors import InvalidArgument, SkipPlugin
from sdk.events import EventSink
from sdk.frontend import ApiFrontend
from sdk.observer import Observer
from sdk.providers import Kind, PluginContext

_log = logging.getLogger(__name__)

VOLUMES = "volumes"
"""The capability of the driver whose volumes are directories below the data root, and the name of the directory they are in."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the engine and the server get. `reload` changes what may change while the daemon runs; it raises StartupError and then has
    changed nothing."""

    drivers: Drivers
    frontends: tuple[ApiFrontend, ...]
    authorizers: Authorizers
    observers: Mapping[str, Observer]
    reload: Callable[[Settings], Awaitable[None]]


@asynccontextmanager
async def open_drivers(
    offers: Offers, settings: Settings, health: Health, instance: str, events: EventSink
) -> AsyncIterator[Opened]:
    """Open all drivers. Raises StartupError in one sentence if a chosen one is missing or does not open, or takes not what is set for it."""
    choice = settings.drivers
    async with AsyncExitStack() as stack:
        opener = _Opener(stack, settings, health, instance, events, offers, isolated_plugins(settings, offers, health))
        storage = await opener.only(Kind.STORAGE, offers.storage, choice.storage)
        registry = ReplaceableBackend(await opener.registries(offers.registry, choice.registry))
        runtimes = await opener.every(Kind.RUNTIME, offers.runtimes, choice.runtime)
        for name in DOCKERS_NAMES:
            runtimes.setdefault(name, runtimes[choice.runtime])
        named = NamedRuntimes(runtimes, offers.runtimes, opener.named_runtime)
        await named.take(settings)
        drivers = Drivers(
            storage_name=choice.storage,
            storage=storage,
            registry_name=choice.registry,
            registry=registry,
            runtime_name=choice.runtime,
            runtimes=runtimes,
            network_name=choice.network,
            networks=await opener.every(Kind.NETWORK, offers.networks, choice.network),
            volume_name=choice.volume,
            volumes=await opener.every(Kind.VOLUME, offers.volumes, choice.volume),
            log_name=choice.log,
            logs=await opener.every(Kind.LOG, offers.logs, choice.log),
            builder_name=choice.builder,
            builder=await opener.only(Kind.BUILDER, offers.builders, choice.builder),
            verifiers={name: await opener.only(Kind.VERIFIER, offers.verifiers, name) for name in choice.verifiers},
            plugins={(offer.kind, offer.name): offer.plugin for offer in offers},
            complaints=lambda: [complaint for tell in opener.complaints if (complaint := tell())],
            when_reopened=opener.reopened.append,
        )
        _check_log_options(drivers, settings)
        frontends = [await opener.only(Kind.FRONTEND, offers.frontends, name) for name in choice.frontends]
        authorizers = Authorizers(offers.authorizers, opener.authorizer)
        authorizers.current = await authorizers.named(choice.authorizers)
        observers = {name: await opener.observer(offers.observers, name) for name in choice.observers}
        check_strict(settings, health)

        async def reload(changed: Settings) -> None:
            backend = await replace(opener, settings=changed).registries(offers.registry, choice.registry)
            asked = await authorizers.reloaded(changed.drivers.authorizers)
            await named.take(changed)
            registry.current, authorizers.current = backend, asked

        yield Opened(drivers, tuple(frontends), authorizers, observers, reload)


def _check_log_options(drivers: Drivers, settings: Settings) -> None:
    """Raise StartupError, as dockerd says it, for default options that the default log driver does not take."""
    if not settings.log_opts:
        return
    try:
        drivers.log().check(settings.log_opts)
    except InvalidArgument as error:
        raise StartupError(f"failed to set log opts: {error.message}") from None


@asynccontextmanager
async def open_for_images(
    offers: Offers, settings: Settings, health: Health, instance: str, events: EventSink
) -> AsyncIterator[tuple[StorageDriver, RegistryBackend]]:
    """Open only what images need, for work on a data root without a daemon. Raises StartupError as `open_drivers` does."""
    async with AsyncExitStack() as stack:
        opener = _Opener(stack, settings, health, instance, events, offers, isolated_plugins(settings, offers, health))
        yield (
            await opener.only(Kind.STORAGE, offers.storage, settings.drivers.storage),
            await opener.registries(offers.registry, settings.drivers.registry),
        )


def check_strict(settings: Settings, health: Health) -> None:
    """Raise StartupError if broken plugins are not tolerated and there is one."""
    broken = _broken(health)
    if settings.strict_plugins and broken:
        raise StartupError(f"broken plugins, and --strict-plugins is set: {broken}")


@dataclass(frozen=True, slots=True)
class _Opener:
    stack: AsyncExitStack
    settings: Settings
    health: Health
    instance: str
    events: EventSink
    offers: Offers
    isolated: frozenset[str]
    complaints: list[Callable[[], str]] = field(default_factory=list)
    reopened: list[Reopened] = field(default_factory=list)

    async def only(self, kind: Kind, offers: Mapping[str, Offer[D]], chosen: str) -> D:
        """Open the chosen driver and no other."""
        self._require(kind, offers, chosen)
        return await self._open_chosen(kind, offers[chosen])

    async def every(self, kind: Kind, offers: Mapping[str, Offer[D]], chosen: str) -> dict[str, D]:
        """Open the chosen driver, then those of the others that can be opened."""
        opened = {chosen: await self.only(kind, offers, chosen)}
        for name in sorted(offers.keys() - {chosen}):
            try:
                opened[name] = await self._open(kind, offers[name])
            except SkipPlugin as reason:
                self.health.skipped(offers[name].plugin, str(reason))
            except ConfigurationError:
                raise
            except (Exception, SystemExit) as error:  # noqa: BLE001 a plugin may raise anything, even an exit
                _log.warning("%s; the daemon goes on without it", failure(kind, name, offers[name].plugin, "open", error))
                self.health.failed(offers[name].plugin, sentence(error))
        return opened

    async def registries(self, offers: Mapping[str, Offer[RegistryBackend]], chosen: str) -> RegistryBackend:
        """Open the chosen backend and those that may serve some hosts beside it, as one."""
        able = {name: offer for name, offer in offers.items() if name == chosen or "hosts" in offer.provider.capabilities}
        return by_host(chosen, await self.every(Kind.REGISTRY, able, chosen))

    def _require(self, kind: Kind, offers: Collection[str], chosen: str) -> None:
        if chosen not in offers:
            broken = _broken(self.health)
            raise StartupError(
                f'no {kind} driver "{chosen}" is available (there are: {", ".join(sorted(offers)) or "none"})'
                + (f"; broken plugins: {broken}" if broken else "")
                + (f"; disabled_plugins: {', '.join(self.settings.disabled_plugins)}" if self.settings.disabled_plugins else "")
            )

    async def _open_chosen(self, kind: Kind, offer: Offer[D]) -> D:
        try:
            return await self._open(kind, offer)
        except SkipPlugin as reason:
            self.health.skipped(offer.plugin, str(reason))
            raise StartupError(f'{kind} driver "{offer.provider.name}" does not work on this machine: {reason}') from reason
        except ConfigurationError:
            raise
        except (Exception, SystemExit) as error:
            self.health.failed(offer.plugin, sentence(error))
            raise StartupError(failure(kind, offer.provider.name, offer.plugin, "open", error)) from error

    async def named_runtime(self, offer: Offer[Runtime], name: str, table: Mapping[str, JsonValue]) -> Runtime:
        """Open a runtime plugin once more, with a table of its own, under another name. Raises StartupError."""
        given = self.settings.plugins.get(offer.plugin, {})
        plugins = {**self.settings.plugins, offer.plugin: with_keys(given, Kind.RUNTIME, table)}
        opener = replace(self, settings=self.settings.model_copy(update={"plugins": plugins}))
        try:
            return await opener._open(Kind.RUNTIME, offer, name)
        except (SkipPlugin, OSError) as error:
            raise StartupError(str(error)) from error

    async def authorizer(self, offer: Offer[Authorizer]) -> Authorizer:
        """Open an authorizer that the configuration needs."""
        return await self._open_chosen(Kind.AUTHORIZER, offer)

    async def observer(self, offers: Mapping[str, Offer[Observer]], chosen: str) -> Observer:
        """Open an observer that the configuration names."""
        observer = await self.only(Kind.OBSERVER, offers, chosen)
        if isinstance(observer, Observer):
            return observer
        error = TypeError(f"the plugin opened a {type(observer).__name__}, not an Observer")
        raise StartupError(failure(Kind.OBSERVER, chosen, offers[chosen].plugin, "open", error))

    async def _open(self, kind: Kind, offer: Offer[D], name: str = "") -> D:
        """Open a driver; under a name of its own it gets directories of its own."""
        known_as = name or offer.provider.name
        place = Place(f"{offer.plugin}-{name}" if name else offer.plugin, ((kind, known_as),))
        slot = Slot(kind, known_as, offer.plugin, self.settings.deadlines.get(kind, {}))
        if offer.plugin in self.isolated:
            return slotted(slot, await self._open_isolated(slot, offer, self._context(offer, place)))
        driver = await self.stack.enter_async_context(self._entered(kind, offer, place))
        if kind not in SLOTTED:
            return driver
        if not isinstance(driver, SLOTTED[kind]):
            raise TypeError(f"the plugin opened a {type(driver).__name__}, not a {SLOTTED[kind].__name__}")
        self.complaints.append(lambda: slot.complaint)
        return slotted(slot, driver)

    def _entered(self, kind: Kind, offer: Offer[D], place: Place) -> AbstractAsyncContextManager[D]:
        """Return the opening of a driver in a place."""
        settings = read_table(self.settings, kind, offer.plugin, offer.provider.settings)
        return offer.provider.open(self._context(offer, place), settings)

    def _context(self, offer: Offer[D], place: Place) -> PluginContext:
        """Return what a driver is opened with in a place."""
        return PluginContext(
            name=offer.plugin,
            data_root=_data_root(self.settings.data_root, offer.provider.capabilities, place.directory),
            exec_root=_own(self.settings.exec_root, place.directory),
            instance=self.instance,
            events=self.events,
            log=logging.getLogger(f"plugins.{offer.plugin}"),
            installed=Installed(self.offers, self._entered, place),
        )

    async def _open_isolated(self, slot: Slot, offer: Offer[D], context: PluginContext) -> D:
        """Open a driver in a process of its own."""
        from core.kernel.isolation.opening import Asked, opened  # noqa: PLC0415 the room costs nothing where no driver is isolated

        async def resynchronise(driver: object) -> None:
            if isinstance(driver, NetworkDriver):
                for each in self.reopened:
                    await each(slot.name, driver)

        table = table_of(self.settings, slot.kind, offer.plugin, offer.provider.settings)
        own = self.settings.isolation.get(offer.plugin, IsolationSettings())
        asked = Asked(slot.kind, str(slot), offer.hook, table, self.settings.exec_root, lambda: slot.hangs, own.capabilities)
        driver, complaint = await self.stack.enter_async_context(opened(asked, context, resynchronise))
        self.complaints.extend((complaint, lambda: slot.complaint))
        return cast(D, driver)


def _data_root(root: Path, capabilities: Collection[str], directory: str) -> Path:
    """Return a plugin's directory below the data root. That of volumes is where Docker has it, as tools expect.

    Earlier releases had them with the other plugins: they are moved in one step, and their old path leads to the new one, for
    containers that know their volumes by it. What runs does not notice, as mounts follow a directory that is renamed.
    """
    if VOLUMES not in capabilities:
        return _own(root, directory)
    path, before = root / VOLUMES, root / "plugins" / directory
    if before.is_dir() and not before.is_symlink() and not path.exists():
        os.rename(before, path)
        os.symlink(os.path.relpath(path, before.parent), before)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _own(root: Path, directory: str) -> Path:
    path = root / "plugins" / directory
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _broken(health: Health) -> str:
    return ", ".join(f"{status.name} ({status.reason})" for status in health.failures())
