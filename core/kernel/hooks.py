"""The plugins' hooks, one typed method each. This is the only file that knows pluggy (beside `sdk.hookspecs`, for its markers).

Implementations are called one by one, so that a raising one hides no other. The order never matters: it is by plugin name.
"""

import inspect
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Generic, TypeVar

import pluggy

from core.kernel.health import Health
from core.kernel.troubles import Troubles
from core.sentences import sentence
from sdk import hookspecs
from sdk.builder import Builder
from sdk.drivers.authorizer import Authorizer
from sdk.drivers.logs import LogDriver
from sdk.drivers.network import NetworkDriver
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.runtime import Runtime
from sdk.drivers.storage import StorageDriver
from sdk.drivers.verifier import ImageVerifier
from sdk.drivers.volume import VolumeDriver
from sdk.engine import Engine
from sdk.errors import DriverError
from sdk.events import Event
from sdk.frontend import ApiFrontend
from sdk.observer import Observer
from sdk.oci.runtime import Spec
from sdk.providers import Kind, PluginSettings, Provider
from sdk.tracing import step

if TYPE_CHECKING:
    import typer

D = TypeVar("D")

_TAKEN = "`core` or another plugin has a command of this name"
_log = logging.getLogger(__name__)


class PluginRejected(Exception):
    """A plugin breaks the rules of the hooks; the message says which."""


@dataclass(frozen=True, slots=True)
class Offer(Generic[D]):
    """A driver and the plugin that provides it, by a hook: its module and the name that it has there."""

    plugin: str
    provider: Provider[D, PluginSettings]
    hook: tuple[str, str] = ("", "")


class PluginHooks:
    """The registered plugins of one process. What their hooks do wrong is reported to `health`."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._troubles = Troubles(_log)
        self._plugins = pluggy.PluginManager("core")
        self._plugins.add_hookspecs(hookspecs)

    def register(self, name: str, module: ModuleType) -> None:
        """Take in a plugin's hooks. Raises PluginRejected and takes in none for an unknown, asynchronous or wrapping hook."""
        try:
            self._plugins.register(module, name)
            self._plugins.check_pending()
            self._check_plain(module)
            self._health.implements(name, tuple(sorted(caller.name for caller in self._plugins.get_hookcallers(module) or ())))
        except (pluggy.PluginValidationError, ValueError) as error:
            self._forget(module)
            raise PluginRejected(str(error).splitlines()[-1]) from error
        except PluginRejected:
            self._forget(module)
            raise

    def _forget(self, module: ModuleType) -> None:
        if self._plugins.is_registered(module):
            self._plugins.unregister(module)

    def _check_plain(self, module: ModuleType) -> None:
        for caller in self._plugins.get_hookcallers(module) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is not module:
                    continue
                if inspect.iscoroutinefunction(implementation.function) or inspect.isasyncgenfunction(implementation.function):
                    raise PluginRejected(f"hook {caller.name} is asynchronous; hooks are plain functions")
                if implementation.wrapper or implementation.hookwrapper:
                    raise PluginRejected(f"hook {caller.name} is a wrapper; wrap the driver instead")

    # Drivers ---------------------------------------------------------------------------------------------------------

    def storage_drivers(self) -> list[Offer[StorageDriver]]:
        return self._offers(Kind.STORAGE, self._plugins.hook.provide_storage_driver)

    def network_drivers(self) -> list[Offer[NetworkDriver]]:
        return self._offers(Kind.NETWORK, self._plugins.hook.provide_network_driver)

    def registry_backends(self) -> list[Offer[RegistryBackend]]:
        return self._offers(Kind.REGISTRY, self._plugins.hook.provide_registry_backend)

    def runtimes(self) -> list[Offer[Runtime]]:
        return self._offers(Kind.RUNTIME, self._plugins.hook.provide_runtime)

    def api_frontends(self) -> list[Offer[ApiFrontend]]:
        return self._offers(Kind.FRONTEND, self._plugins.hook.provide_api_frontend)

    def volume_drivers(self) -> list[Offer[VolumeDriver]]:
        return self._offers(Kind.VOLUME, self._plugins.hook.provide_volume_driver)

    def log_drivers(self) -> list[Offer[LogDriver]]:
        return self._offers(Kind.LOG, self._plugins.hook.provide_log_driver)

    def builders(self) -> list[Offer[Builder]]:
        return self._offers(Kind.BUILDER, self._plugins.hook.provide_builder)

    def image_verifiers(self) -> list[Offer[ImageVerifier]]:
        return self._offers(Kind.VERIFIER, self._plugins.hook.provide_image_verifier)

    def authorizers(self) -> list[Offer[Authorizer]]:
        return self._offers(Kind.AUTHORIZER, self._plugins.hook.provide_authorizer)

    def observers(self) -> list[Offer[Observer]]:
        return self._offers(Kind.OBSERVER, self._plugins.hook.provide_observer)

    def _offers(self, kind: Kind, hook: pluggy.HookCaller) -> list[Offer[D]]:
        offers: list[Offer[D]] = []
        for plugin, call in self._implementations(hook):
            provider: object = None
            with self._marking(plugin, hook.name):
                provider = call()
            if isinstance(provider, Provider):
                self._health.offers(plugin, kind)
                offers.append(Offer(plugin, provider, call.place))
            elif provider is not None:
                self._health.failed(plugin, f"{hook.name} returned a {type(provider).__name__}, not a Provider")
        return offers

    # Observers and amendments ----------------------------------------------------------------------------------------

    def amend_runtime_spec(self, spec: Spec, container_id: str) -> Spec:
        """Return the spec as all plugins want it. Raises DriverError naming a plugin whose amendment fails or is none, or that has failed before:
        starting the container without the amendment (which may be a security measure) would be worse than not starting it."""
        hook = self._plugins.hook.amend_runtime_spec
        for plugin, call in _by_name(hook):
            if self._health.has_failed(plugin):
                raise DriverError(plugin, hook.name, self._health.reason(plugin))
            try:
                with step("hook.amend_runtime_spec", {"core.plugin.name": plugin}):
                    amended = call(spec=spec, container_id=container_id)
            except (Exception, SystemExit) as error:
                raise DriverError(plugin, hook.name, sentence(error)) from error
            if amended is not None and not isinstance(amended, Spec):
                raise DriverError(plugin, hook.name, f"the plugin returned a {type(amended).__name__}, not a Spec")
            spec = amended or spec
        return spec

    def on_event(self, event: Event) -> None:
        """Show an event to all plugins; one that raises is logged."""
        for plugin, call in self._implementations(self._plugins.hook.on_event):
            try:
                with step("hook.on_event", {"core.plugin.name": plugin}):
                    call(event=event)
            except (Exception, SystemExit) as error:  # noqa: BLE001 a plugin may raise anything, even an exit
                self._troubles.tell(f"plugin {plugin}: on_event", error)

    def engine_ready(self, engine: Engine) -> None:
        """Show the engine to all plugins; one that raises has failed."""
        for plugin, call in self._implementations(self._plugins.hook.engine_ready):
            with self._marking(plugin, "engine_ready", logging.ERROR):
                call(engine=engine)

    # Command line ----------------------------------------------------------------------------------------------------

    def cli_commands(self, taken: Collection[str] = ()) -> "list[tuple[str, typer.Typer]]":
        """Return all plugins' sub-commands. One whose name is taken, by `core` itself or a plugin before it, is logged and left out."""
        commands: dict[str, typer.Typer] = {}
        for plugin, call in self._implementations(self._plugins.hook.provide_cli_commands):
            with self._marking(plugin, "provide_cli_commands"):
                for name, application in _pairs(call()):
                    if name in taken or name in commands:
                        _log.warning('plugin %s: its command "%s" is left out: %s', plugin, name, _TAKEN)
                    else:
                        commands[name] = application
        return list(commands.items())

    def names_of_commands(self, plugin: str) -> list[str]:
        """Return the names of one plugin's sub-commands."""
        hook = self._plugins.hook.provide_cli_commands
        return [name for each, call in self._implementations(hook) if each == plugin for name, _ in _pairs(call())]

    def names_of_others_commands(self, plugin: str) -> set[str]:
        """Return the names of the sub-commands of all plugins but one."""
        names: set[str] = set()
        for each, call in self._implementations(self._plugins.hook.provide_cli_commands):
            if each != plugin:
                with self._marking(each, "provide_cli_commands"):
                    names |= {name for name, _ in _pairs(call())}
        return names

    @contextmanager
    def _marking(self, plugin: str, hook: str, level: int = logging.DEBUG) -> Iterator[None]:
        """Call a plugin's hook: it has failed if that raises. The traceback is logged at a level."""
        try:
            yield
        except (Exception, SystemExit) as error:  # noqa: BLE001 a plugin may raise anything, even an exit
            _log.log(level, "plugin %s: %s", plugin, hook, exc_info=error)
            self._health.failed(plugin, f"{hook}: {sentence(error)}")

    def _implementations(self, hook: pluggy.HookCaller) -> "Iterator[tuple[str, _Call]]":
        """Yield the hook's implementations by plugin name, but those of plugins that failed."""
        return ((plugin, call) for plugin, call in _by_name(hook) if not self._health.has_failed(plugin))


def _by_name(hook: pluggy.HookCaller) -> "Iterator[tuple[str, _Call]]":
    """Yield the hook's implementations by plugin name; each takes keyword arguments, as many of the hook's as it asked for."""
    for implementation in sorted(hook.get_hookimpls(), key=lambda each: each.plugin_name):
        yield implementation.plugin_name, _Call(implementation.plugin, implementation.function, tuple(implementation.argnames))


@dataclass(frozen=True, slots=True)
class _Call:
    plugin: object
    function: Callable[..., object]
    names: Sequence[str]

    def __call__(self, **arguments: object) -> object:
        return self.function(*(arguments[name] for name in self.names))

    @property
    def place(self) -> tuple[str, str]:
        """Return the module in which the function is found, and by which name: the plugin's, though it was made elsewhere."""
        if isinstance(self.plugin, ModuleType):
            for name, each in vars(self.plugin).items():
                if each is self.function:
                    return self.plugin.__name__, name
        return self.function.__module__, self.function.__qualname__


def _pairs(value: object) -> "list[tuple[str, typer.Typer]]":
    if not isinstance(value, (list, tuple)) or not all(map(_is_pair, value)):
        raise PluginRejected("not a sequence of (name, typer application)")
    return list(value)


def _is_pair(value: object) -> bool:
    """Typer is not imported to tell its applications: a daemon has no use for it."""
    match value:
        case (str(), application):
            return hasattr(application, "registered_commands")
    return False
