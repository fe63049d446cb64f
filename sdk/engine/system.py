"""What a frontend may ask about the engine itself."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sdk.drivers.registry import Credentials
from sdk.engine.builds import CacheEntry
from sdk.engine.containers import ContainerInfo, Filters
from sdk.engine.images import ImageInfo
from sdk.engine.volumes import VolumeInfo
from sdk.events import Event


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """One plugin as the kernel found it; `state` is ok, disabled, skipped or failed.

    `api_version` is what it was built for, "" if it declares none or was not imported; `hooks` are those it implements, in alphabetical order.
    """

    name: str
    distribution: str
    version: str
    kinds: tuple[str, ...]
    state: str
    reason: str = ""
    api_version: str = ""
    hooks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """What the daemon says of itself and its machine. `cpus`, `containers`, `running`, `paused`, `stopped`, `images`, `file_descriptors` and
    `event_listeners` are counts; `goroutines` is how many tasks it runs.
    """

    id: str
    name: str
    version: str
    data_root: str
    kernel_version: str
    operating_system: str
    os_version: str
    architecture: str
    machine: str
    cpus: int
    memory_total: int
    containers: int
    running: int
    paused: int
    stopped: int
    images: int
    storage_driver: str
    storage_status: Mapping[str, str]
    runtime: str
    runtimes: tuple[str, ...]
    cgroup_driver: str
    cgroup_version: str
    network_drivers: tuple[str, ...]
    volume_drivers: tuple[str, ...]
    log_drivers: tuple[str, ...]
    default_log_driver: str
    security_options: tuple[str, ...]
    registry_mirrors: tuple[str, ...] = ()
    insecure_registries: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    plugins: tuple[PluginStatus, ...] = ()
    started_ns: int = 0
    goroutines: int = 0
    file_descriptors: int = 0
    event_listeners: int = 0
    debug: bool = False
    live_restore: bool = True
    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: str = ""
    init_binary: str = ""
    address_pools: tuple[tuple[str, int], ...] = ()
    runtime_paths: Mapping[str, str] = field(default_factory=dict)
    cdi_spec_dirs: tuple[str, ...] = ()
    cdi_devices: tuple[str, ...] = ()
    authorizers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """What there is on disk, in allocated bytes as `du --block-size=1` counts.

    `layers_size` is all that is kept of images, each layer and blob once. The sizes of `images`, `containers` and `volumes` are on disk
    too, unlike those of `Images.list`, which are what their files hold."""

    layers_size: int
    images: Sequence[ImageInfo] = ()
    containers: Sequence[ContainerInfo] = ()
    volumes: Sequence[VolumeInfo] = ()
    builds: Sequence[CacheEntry] = ()


@dataclass(frozen=True, slots=True)
class EventsRequest:
    """Times in nanoseconds since 1970. Without `since_ns` only what is to come is told, unless `until_ns` is given: then all that is
    remembered, up to that moment. Without `until_ns` there is no end."""

    since_ns: int | None = None
    until_ns: int | None = None
    filters: Filters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngineCounters:
    """`images`, `networks`, `volumes` and `event_subscribers` are how many there are; `events`, `health_checks` and `failed_health_checks`
    how many there were since the daemon's start. A health check failed that could not be run, or did not end in time.
    """

    images: int
    networks: int
    volumes: int
    event_subscribers: int
    events: int
    health_checks: int
    failed_health_checks: int


class System(Protocol):
    """The daemon itself: what it says of itself, its events and its disk."""

    async def info(self) -> SystemInfo:
        """Return what `docker info` shows."""

    async def counters(self) -> EngineCounters:
        """Cheap: no driver is asked."""

    async def disk_usage(self, kinds: frozenset[str] = frozenset()) -> DiskUsage:
        """`kinds` limits the work to container, image, volume, build-cache; empty means all."""

    async def events(self, request: EventsRequest) -> AsyncIterator[Event]:
        """Subscribe: once this returns no event is missed. The iterator replays, then follows until closed or `until_ns`."""

    async def authenticate(self, credentials: Credentials) -> str:
        """Check a registry login; returns an identity token or ""."""
