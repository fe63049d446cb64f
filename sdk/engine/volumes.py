"""What a frontend may ask about volumes."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sdk.engine.containers import Filters, Pruned


@dataclass(frozen=True, slots=True)
class VolumeCreate:
    """An empty name makes an anonymous volume with a 64-digit name."""

    name: str = ""
    driver: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VolumeInfo:
    """`size` and `users` are -1 unless asked for."""

    name: str
    driver: str
    mountpoint: str
    created_ns: int
    labels: Mapping[str, str]
    options: Mapping[str, str]
    anonymous: bool = False
    size: int = -1
    users: int = -1


class Volumes(Protocol):
    """Volumes of all drivers, by name."""

    async def list(self, filters: Filters) -> Sequence[VolumeInfo]:
        """Return the volumes of all drivers that match."""

    async def inspect(self, name: str) -> VolumeInfo:
        """Return one. Raises NoSuchVolume."""

    async def create(self, request: VolumeCreate) -> VolumeInfo:
        """Make one; the same one again is returned as it is. Raises Conflict, InvalidArgument."""

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Raises Conflict (`remove x: volume is in use - [ids]`); with `force` a missing one is no error, and one whose driver is gone is forgotten."""

    async def export(self, name: str) -> AsyncGenerator[bytes, None]:
        """Return a tar of a volume's contents, its own directory as `./`; holes of files stay holes. Raises NoSuchVolume, Unsupported."""

    async def import_archive(self, name: str, content: AsyncIterator[bytes], *, force: bool = False) -> None:
        """Unpack a tar of any known compression over a volume's contents; a volume that does not exist is made, and is whole or not there.

        Raises Conflict while containers use it, unless `force`; InvalidArgument (bad archive), ResourceExhausted, Unsupported.
        """

    async def clone(self, name: str, new_name: str) -> VolumeInfo:
        """Make a volume of the default driver with the contents and labels of another. Raises NoSuchVolume, Conflict (name)."""

    async def prune(self, filters: Filters) -> Pruned:
        """Delete unused anonymous volumes, all unused ones with filter all=1."""
