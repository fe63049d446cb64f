"""Volumes that hold nothing."""

import time
from collections.abc import Sequence
from secrets import token_hex

from sdk.engine.containers import Filters, Pruned
from sdk.engine.volumes import VolumeCreate, VolumeInfo
from sdk.errors import NoSuchVolume


class FakeVolumes:
    """See `sdk.engine.volumes.Volumes`."""

    def __init__(self) -> None:
        self._volumes: dict[str, VolumeInfo] = {}
        self.prune_filters: list[Filters] = []

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

    async def prune(self, filters: Filters) -> Pruned:
        """Forget anonymous volumes, all with filter `all`."""
        self.prune_filters.append(filters)
        gone = tuple(name for name, info in self._volumes.items() if info.anonymous or filters.get("all"))
        for name in gone:
            del self._volumes[name]
        return Pruned(gone, 0)
