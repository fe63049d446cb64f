"""Volumes that hold what was imported."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from secrets import token_hex

from sdk.engine.containers import Filters, Pruned
from sdk.engine.volumes import VolumeCreate, VolumeInfo
from sdk.errors import Conflict, NoSuchVolume


class FakeVolumes:
    """See `sdk.engine.volumes.Volumes`."""

    def __init__(self) -> None:
        self._volumes: dict[str, VolumeInfo] = {}
        self._archives: dict[str, bytes] = {}
        self.prune_filters: list[Filters] = []

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self._volumes)

    async def list(self, filters: Filters) -> Sequence[VolumeInfo]:
        """Return all."""
        del filters
        return list(self._volumes.values())

    async def inspect(self, name: str) -> VolumeInfo:
        """Return a volume."""
        try:
            return self._volumes[name]
        except KeyError:
            raise NoSuchVolume(name) from None

    async def create(self, request: VolumeCreate) -> VolumeInfo:
        """Keep a volume."""
        name = request.name or token_hex(32)
        info = VolumeInfo(
            name, request.driver or "local", f"/fake/{name}", time.time_ns(), request.labels, request.options, not request.name
        )
        return self._volumes.setdefault(name, info)

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Forget a volume."""
        if not force:
            await self.inspect(name)
        self._volumes.pop(name, None)

    async def export(self, name: str) -> AsyncGenerator[bytes, None]:
        """Return what was imported."""
        await self.inspect(name)
        return self._archive(name)

    async def import_archive(self, name: str, content: AsyncIterator[bytes], *, force: bool = False) -> None:
        """Keep an archive."""
        del force
        await self.create(VolumeCreate(name))
        self._archives[name] = b"".join([chunk async for chunk in content])

    async def clone(self, name: str, new_name: str) -> VolumeInfo:
        """Keep what another volume holds under a new name."""
        await self.inspect(name)
        if new_name in self._volumes:
            raise Conflict(f"create {new_name}: conflict: volume name must be unique")
        self._archives[new_name] = self._archives.get(name, b"")
        return await self.create(VolumeCreate(new_name))

    async def _archive(self, name: str) -> AsyncGenerator[bytes, None]:
        yield self._archives.get(name, b"")

    async def prune(self, filters: Filters) -> Pruned:
        """Forget anonymous volumes, all with filter `all`."""
        self.prune_filters.append(filters)
        gone = tuple(name for name, info in self._volumes.items() if info.anonymous or filters.get("all"))
        for name in gone:
            del self._volumes[name]
        return Pruned(gone, 0)
