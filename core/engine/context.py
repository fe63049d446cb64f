"""What the verbs work with: the rooms of the engine, handed down as one value."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.background import Background
from core.containers.store import ContainerStore
from core.drivers import Drivers
from core.events.bus import EventBus
from core.images.store import ImageStore
from core.networks.attachments import Attachments
from core.store.database import Database
from core.volumes.catalog import VolumeCatalog
from sdk.engine.config import Ulimit
from sdk.oci.runtime import Spec


@dataclass(frozen=True, slots=True)
class GcPolicy:
    """When unused images go: after `max_age`, a duration without use; the longest unused while less than `keep_free` of the disk is free,
    bytes or a percentage. Empty means never. `interval` in seconds. What was used within `spared` is spared even then: who pulls an image is
    about to run it."""

    keep_free: str = ""
    max_age: str = ""
    interval: float = 600.0
    spared: str = "10m"


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The engine's own settings, already validated. `instance` names this daemon's kernel objects."""

    data_root: Path
    exec_root: Path
    instance: str
    labels: tuple[str, ...] = ()
    registry_mirrors: tuple[str, ...] = ()
    insecure_registries: tuple[str, ...] = ()
    log_options: tuple[tuple[str, str], ...] = ()
    default_ulimits: tuple[Ulimit, ...] = ()
    init_path: str = ""
    keep_blobs: bool = True
    gc: GcPolicy = GcPolicy()


@dataclass(frozen=True, slots=True)
class EngineContext:
    """Shared by all verbs; nothing in it knows a verb. Supervision and health checks run in the `background`."""

    settings: EngineSettings
    drivers: Drivers
    database: Database
    events: EventBus
    containers: ContainerStore
    images: ImageStore
    attachments: Attachments
    volumes: VolumeCatalog
    background: Background
    amend: Callable[[Spec, str], Spec]

    def directory(self, container_id: str) -> Path:
        """Where a container's logs are kept."""
        return self.settings.data_root / "containers" / container_id

    def bundle(self, container_id: str) -> Path:
        """Where a running container's state and host files are, on tmpfs."""
        return self.settings.exec_root / "containers" / container_id
