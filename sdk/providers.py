"""Providers: what a plugin's hooks return. A provider names a driver, its settings model and how to open it.

`open` is an async context manager: the kernel enters it at start, in order, on one exit stack, and leaves it in reverse at the end.
It may raise SkipPlugin when this machine cannot run the driver.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from sdk.errors import NotFound
from sdk.events import EventSink

if TYPE_CHECKING:  # a process that has one driver needs one interface
    from sdk.builder import Builder  # noqa: F401 named in quotes
    from sdk.drivers.authorizer import Authorizer  # noqa: F401 named in quotes
    from sdk.drivers.logs import LogDriver
    from sdk.drivers.network import NetworkDriver  # noqa: F401 named in quotes
    from sdk.drivers.registry import RegistryBackend  # noqa: F401 named in quotes
    from sdk.drivers.runtime import Runtime
    from sdk.drivers.storage import StorageDriver  # noqa: F401 named in quotes
    from sdk.drivers.verifier import ImageVerifier  # noqa: F401 named in quotes
    from sdk.drivers.volume import VolumeDriver  # noqa: F401 named in quotes
    from sdk.frontend import ApiFrontend  # noqa: F401 named in quotes
    from sdk.observer import Observer  # noqa: F401 named in quotes


class Kind(StrEnum):
    """The kinds of driver; the value is the key of the `[drivers]` table."""

    STORAGE = "storage"
    NETWORK = "network"
    REGISTRY = "registry"
    RUNTIME = "runtime"
    FRONTEND = "frontend"
    VOLUME = "volume"
    LOG = "log"
    BUILDER = "builder"
    VERIFIER = "verifier"
    AUTHORIZER = "authorizer"
    OBSERVER = "observer"


class PluginSettings(BaseModel):
    """Base of every plugin's settings: immutable, and an unknown key is an error. A password is a `pydantic.SecretStr`: commands and logs do
    not show it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InstalledDrivers(Protocol):
    """The drivers that are installed beside this one, for a driver that wraps another. Each is opened anew, with its own settings of the
    configuration and directories for this use alone, and closed at the end of the context.

    Entering one raises NotFound for a name that no plugin has, InvalidArgument for a driver that would wrap itself, and what its opening raises.
    """

    def runtime(self, name: str) -> AbstractAsyncContextManager["Runtime"]:
        """Open the runtime of this name."""
        ...

    def log_driver(self, name: str) -> AbstractAsyncContextManager["LogDriver"]:
        """Open the log driver of this name."""
        ...


class NoDrivers:
    """InstalledDrivers where there are no others."""

    def runtime(self, name: str) -> AbstractAsyncContextManager["Runtime"]:
        """Raises NotFound."""
        raise NotFound(f'no runtime "{name}" can be reached from here')

    def log_driver(self, name: str) -> AbstractAsyncContextManager["LogDriver"]:
        """Raises NotFound."""
        raise NotFound(f'no log driver "{name}" can be reached from here')


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What a driver is opened with. Both directories exist and belong to the plugin alone: `data_root` is kept, `exec_root` is on
    tmpfs and empty after a reboot. `instance` is a short stable token of this daemon, for names of kernel objects (cgroups, links).
    `installed` are the drivers beside this one, for one that wraps another."""

    name: str
    data_root: Path
    exec_root: Path
    instance: str
    events: EventSink
    log: logging.Logger
    installed: InstalledDrivers = field(default_factory=NoDrivers)


D = TypeVar("D")
S = TypeVar("S", bound=PluginSettings)


@dataclass(frozen=True, slots=True)
class Provider(Generic[D, S]):
    """A driver by name. `name` is what the configuration says; `settings` is read from `[plugins.NAME]`, NAME being the plugin's
    entry point. Of a plugin with drivers of several kinds, what is for one is in `[plugins.NAME.<kind>]`, what is for all in `[plugins.NAME]`."""

    name: str
    settings: type[S]
    open: Callable[[PluginContext, S], AbstractAsyncContextManager[D]]
    capabilities: frozenset[str] = field(default_factory=frozenset)


class StorageProvider(Provider["StorageDriver", S]):
    """A storage driver."""


class NetworkProvider(Provider["NetworkDriver", S]):
    """A network driver."""


class RegistryProvider(Provider["RegistryBackend", S]):
    """A registry backend; capability `hosts` says that it may serve some hosts beside the chosen backend."""


class RuntimeProvider(Provider["Runtime", S]):
    """A runtime."""


class FrontendProvider(Provider["ApiFrontend", S]):
    """An API frontend."""


class VolumeProvider(Provider["VolumeDriver", S]):
    """A volume driver; capability `volumes` says that its directory is where Docker has volumes: `volumes` below the data root."""


class LogProvider(Provider["LogDriver", S]):
    """A log driver."""


class BuilderProvider(Provider["Builder", S]):
    """A builder."""


class VerifierProvider(Provider["ImageVerifier", S]):
    """A verifier of images."""


class AuthorizerProvider(Provider["Authorizer", S]):
    """An authorizer of requests; capability `names` says that it is an AuthorizerSource, which is asked for names that no driver has."""


class ObserverProvider(Provider["Observer", S]):
    """An observer of events, which may amend the specs that containers are started from."""
