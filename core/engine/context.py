"""What the verbs work with: the rooms of the engine, handed down as one value."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.background import Background
from core.containers.life.probing import ProbeCounts
from core.containers.life.store import ContainerStore
from core.defaults import BridgeDefaults, ContainerDefaults, NetworkDefaults, Proxies, Transfers
from core.drivers import Drivers
from core.events.bus import EventBus
from core.images.store import ImageStore
from core.networks.attachments import Attachments
from core.store.database import Database
from core.volumes.catalog import VolumeCatalog
from sdk.engine.config import Ulimit
from sdk.engine.security import Seccomp
from sdk.oci.runtime import Spec


@dataclass(frozen=True, slots=True)
class GcPolicy:
    """When unused images go: after `max_age`, a duration without use; the longest unused while less than `keep_free` of the disk is free,
    bytes or a percentage. Empty means never. `interval` in seconds. What was used within `spared` is spared even then: a user who pulls an
    image is about to run it."""

    keep_free: str = ""
    max_age: str = ""
    interval: float = 600.0
    spared: str = "10m"


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The engine's own settings, already validated. `instance` names this daemon's kernel objects. With `live_restore` containers run on
    while the daemon does not; otherwise it stops them when it stops, and waits for them `shutdown_timeout` seconds (below 0: for ever).
    `seccomp` is the filter of containers that name none; `warnings` are shown to clients who ask about the engine."""

    data_root: Path
    exec_root: Path
    instance: str
    engine_id: str = ""
    labels: tuple[str, ...] = ()
    registry_mirrors: tuple[str, ...] = ()
    insecure_registries: tuple[str, ...] = ()
    log_options: tuple[tuple[str, str], ...] = ()
    default_ulimits: tuple[Ulimit, ...] = ()
    live_restore: bool = True
    shutdown_timeout: int = 15
    debug: bool = False
    seccomp: Seccomp = Seccomp()
    containers: ContainerDefaults = ContainerDefaults()
    bridge: BridgeDefaults = BridgeDefaults()
    networks: NetworkDefaults = NetworkDefaults()
    proxies: Proxies = Proxies()
    transfers: Transfers = Transfers()
    runtimes: tuple[tuple[str, str], ...] = ()
    cdi_spec_dirs: tuple[str, ...] = ()
    authorizers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    keep_blobs: bool = True
    gc: GcPolicy = GcPolicy()


class LiveSettings:
    """The engine's settings as they are at this moment; a reload replaces them as a whole. `stopping`: the daemon stops its containers, and
    none is started again. `directories` and `bundles`, one a container, are where they were when the daemon started."""

    def __init__(self, current: EngineSettings) -> None:
        self.current = current
        self.stopping = False
        self.directories = current.data_root / "containers"
        self.bundles = current.exec_root / "containers"


@dataclass(frozen=True, slots=True)
class EngineContext:
    """Shared by all verbs; nothing in it knows a verb. Supervision and health checks run in the `background`."""

    live_settings: LiveSettings
    drivers: Drivers
    database: Database
    events: EventBus
    containers: ContainerStore
    images: ImageStore
    attachments: Attachments
    volumes: VolumeCatalog
    background: Background
    amend: Callable[[Spec, str], Spec]
    probes: ProbeCounts = field(default_factory=ProbeCounts)

    @property
    def settings(self) -> EngineSettings:
        """The settings in effect."""
        return self.live_settings.current

    def runtime_name(self, asked: str = "") -> str:
        """Return the name of the runtime that a container gets which asks for one, or for none ("")."""
        return asked or self.settings.containers.runtime or self.drivers.runtime_name

    def directory(self, container_id: str) -> Path:
        """Where a container's logs are kept."""
        return self.live_settings.directories / container_id

    def bundle(self, container_id: str) -> Path:
        """Where a running container's state and host files are, on tmpfs."""
        return self.live_settings.bundles / container_id
