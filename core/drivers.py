"""The opened, chosen drivers: built by the kernel, handed to the engine, which does not know that plugins exist."""

import asyncio
import errno
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.config import StartupError
from core.sentences import one_line, sentence
from sdk.builder import Builder
from sdk.drivers.logs import LogDriver
from sdk.drivers.network import NetworkDriver
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.runtime import Runtime
from sdk.drivers.storage import StorageDriver
from sdk.drivers.verifier import ImageVerifier
from sdk.drivers.volume import VolumeDriver
from sdk.errors import DriverError, EngineError, InvalidArgument, NotFound, ResourceExhausted
from sdk.providers import Kind

_log = logging.getLogger(__name__)

_DOCKERS_LOG_DRIVERS = frozenset(("awslogs", "etwlogs", "fluentd", "gcplogs", "gelf", "journald", "splunk", "syslog"))


Reopened = Callable[[str, NetworkDriver], Awaitable[None]]
"""Brings a network driver, by name, in line with the engine's records after it was opened again."""


def _never(_reopened: Reopened) -> None:
    """Take note of nothing: no driver is opened again."""


@dataclass(frozen=True, slots=True)
class Drivers:
    """One storage driver, one registry backend and one builder; the verifiers that were chosen; of the other kinds a default and, by name, all
    that opened. `complaints` gives a sentence for each driver that does not answer now; `when_reopened` takes what is to be done when a network
    driver's process was begun again."""

    storage_name: str
    storage: StorageDriver
    registry_name: str
    registry: RegistryBackend
    runtime_name: str
    runtimes: Mapping[str, Runtime]
    network_name: str
    networks: Mapping[str, NetworkDriver]
    volume_name: str
    volumes: Mapping[str, VolumeDriver]
    log_name: str
    logs: Mapping[str, LogDriver]
    builder_name: str
    builder: Builder
    verifiers: Mapping[str, ImageVerifier]
    plugins: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    complaints: Callable[[], Sequence[str]] = tuple
    when_reopened: Callable[[Reopened], None] = _never

    @contextmanager
    def at_boot(self, kind: Kind, name: str, operation: str) -> Iterator[None]:
        """Call a driver while the engine starts: what another than the chosen one raises is logged, and so is an OSError, the machine's own
        trouble, which may pass: containers run, and are to be served.

        Raises StartupError for what else the chosen one raises: one sentence with the driver, its plugin and the method.
        """
        try:
            yield
        except (Exception, SystemExit) as error:
            reason = failure(kind, name, self.plugins.get((kind, name), ""), operation, error)
            if name == self._chosen(kind) and not any(isinstance(each, OSError) for each in (error, error.__cause__)):
                raise StartupError(reason) from error
            _log.error("%s; the daemon goes on without it", reason)

    def _chosen(self, kind: Kind) -> str:
        return {Kind.STORAGE: self.storage_name, Kind.NETWORK: self.network_name, Kind.VOLUME: self.volume_name}[kind]

    def runtime(self, name: str = "") -> Runtime:
        """Return the runtime a container names, the default for "". Raises InvalidArgument with Docker's sentence."""
        try:
            return self.runtimes[name or self.runtime_name]
        except KeyError:
            raise InvalidArgument(f"unknown or invalid runtime name: {name}") from None

    async def cgroup_version(self, runtime: str = "") -> int:
        """Return the version of control groups that a runtime uses. Raises InvalidArgument for one that there is not."""
        return int((await self.runtime(runtime).status()).get("CgroupVersion", "1"))

    def network(self, name: str = "") -> NetworkDriver:
        """Return a network driver. Raises NotFound with Docker's sentence."""
        try:
            return self.networks[name or self.network_name]
        except KeyError:
            raise NotFound(f'could not find plugin {name} in v1 plugin registry: plugin "{name}" not found') from None

    def volume(self, name: str = "") -> VolumeDriver:
        """Return a volume driver; Docker's word `local` is the default one. Raises NotFound with Docker's sentence."""
        try:
            return self.volumes[name or self.volume_name]
        except KeyError:
            raise NotFound(f'error looking up volume plugin {name}: plugin "{name}" not found') from None

    def log(self, name: str = "") -> LogDriver:
        """Return a log driver. Raises InvalidArgument with Docker's sentence."""
        try:
            return self.logs[name or self.log_name]
        except KeyError:
            failed = "failed to initialize logging driver: " if name in _DOCKERS_LOG_DRIVERS else ""
            raise InvalidArgument(f"{failed}logger: no log driver named '{name}' is registered") from None


def failure(kind: Kind, name: str, plugin: str, operation: str, error: BaseException) -> str:
    """Return the sentence that tells an administrator which driver failed, of which plugin, in which method, and how."""
    said = error.reason if isinstance(error, DriverError) else one_line(error) if isinstance(error, EngineError) else ""
    reason = " ".join(said.split()) or sentence(error)
    return f'{kind} driver "{name}"{f" (plugin {plugin})" if plugin else ""} failed in {operation}: {reason}'


@contextmanager
def calling(plugin: str, operation: str) -> Iterator[None]:
    """Turn what a driver should not have raised into a DriverError that names the plugin and the operation."""
    try:
        yield
    except EngineError:
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise DriverError(plugin, operation, "the driver cancelled itself") from error
    except OSError as error:
        raise _in_words(plugin, operation, error) from error
    except (Exception, SystemExit) as error:
        if isinstance(error, ValueError) and "embedded null" in str(error):  # in a name that a client gave
            raise InvalidArgument(f"{plugin}: {operation}: invalid argument") from error
        raise DriverError(plugin, operation, (isinstance(error, Exception) and str(error)) or sentence(error)) from error


def _in_words(plugin: str, operation: str, error: OSError) -> EngineError:
    """Return what a client is told of an error of the operating system; a full disk is no fault of the driver's."""
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ResourceExhausted(f"{plugin}: {operation}: {where}{reason}")
    return DriverError(plugin, operation, f"{where}{reason}")
