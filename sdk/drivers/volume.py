"""Volume drivers: named directories that outlive containers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sdk.drivers.deadlines import deadline


@dataclass(frozen=True, slots=True)
class DriverVolume:
    """A volume as its driver knows it. `created_ns` is wall-clock nanoseconds."""

    name: str
    mountpoint: Path
    created_ns: int
    options: Mapping[str, str] = field(default_factory=dict)


class VolumeDriver(ABC):
    """Keeps volumes. Labels and use counts are the engine's affair."""

    @abstractmethod
    @deadline(120, idempotent=True)
    async def create(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        """Make a volume; idempotent for the same name and options. Raises InvalidArgument, Conflict (other options)."""

    @abstractmethod
    @deadline(120, idempotent=True)
    async def remove(self, name: str) -> None:
        """Delete a volume and its data; idempotent."""

    @abstractmethod
    @deadline(60, idempotent=True)
    async def get(self, name: str) -> DriverVolume:
        """Return one volume. Raises NoSuchVolume."""

    @abstractmethod
    @deadline(60, idempotent=True)
    async def list(self) -> Sequence[DriverVolume]:
        """Return all volumes."""

    @abstractmethod
    @deadline(120, idempotent=True)
    async def mount(self, name: str, user: str) -> Path:
        """Make the volume's data available for `user` (a container's ID) and return the directory to bind. Counted by user, idempotent."""

    @abstractmethod
    @deadline(120, idempotent=True)
    async def unmount(self, name: str, user: str) -> None:
        """Undo `mount`; idempotent."""

    @deadline(600, idempotent=True)
    async def size(self, name: str) -> int:
        """Return the bytes a volume takes, or -1 where that is not known."""
        del name
        return -1


class VolumeDriverSource(ABC):
    """An optional ability of a volume driver: it knows further drivers, which may come and go while the daemon runs."""

    @abstractmethod
    def find(self, name: str) -> VolumeDriver | None:
        """Return the driver of a name, None if there is none. Quick: the driver is asked for nothing yet. Raises InvalidArgument."""

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Return the names of the drivers there are now, whether they answer or not."""
