"""The engine's volumes, as frontends ask for them."""

from collections.abc import AsyncIterator, Sequence

from core.archives.pack import Archive
from core.engine.volumes import archives
from core.events.bus import EventBus
from core.volumes.catalog import VolumeCatalog
from core.volumes.filters import listed, prunable
from sdk.engine.containers import Filters, Pruned
from sdk.engine.volumes import VolumeCreate, VolumeInfo
from sdk.errors import Conflict, NoSuchVolume
from sdk.events import EventType


class VolumeService:
    """Implements `sdk.engine.Volumes` over the catalog."""

    def __init__(self, catalog: VolumeCatalog, events: EventBus) -> None:
        self._catalog = catalog
        self._events = events

    async def list(self, filters: Filters) -> Sequence[VolumeInfo]:
        """Return the volumes that match, by name. Raises InvalidArgument."""
        return [record.info() for record in listed(self._catalog.records(), filters, self._catalog.users)]

    async def inspect(self, name: str) -> VolumeInfo:
        """Return one volume. Raises NoSuchVolume."""
        return self._catalog.find(name).info()

    async def create(self, request: VolumeCreate) -> VolumeInfo:
        """Make a volume, or return the one of that name. Raises InvalidArgument, Conflict, NotFound (driver)."""
        return (await self._catalog.create(request)).info()

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Delete a volume. Raises Conflict while it is used; NoSuchVolume unless `force`, which also forgets one whose driver is gone."""
        try:
            await self._catalog.remove(name, force=force)
        except NoSuchVolume:
            if not force:
                raise

    async def export(self, name: str) -> Archive:
        """Return a tar of a volume. Raises NoSuchVolume, Unsupported."""
        return await archives.export(self._catalog, name)

    async def import_archive(self, name: str, content: AsyncIterator[bytes], *, force: bool = False) -> None:
        """Unpack a tar over a volume's contents. Raises Conflict while it is used, unless `force`; InvalidArgument."""
        await archives.import_archive(self._catalog, name, content, force=force)

    async def clone(self, name: str, new_name: str) -> VolumeInfo:
        """Make a volume with the contents of another. Raises NoSuchVolume, Conflict."""
        await archives.clone(self._catalog, name, new_name)
        return self._catalog.find(new_name).info()

    async def prune(self, filters: Filters) -> Pruned:
        """Delete unused anonymous volumes, all unused ones with filter all=1; tell what went and the bytes freed."""
        deleted = []
        freed = 0
        for record in prunable(self._catalog.records(), filters, self._catalog.users):
            size = await self._catalog.size(record)
            try:
                await self._catalog.remove(record.name)
            except (Conflict, NoSuchVolume):  # another client, or a container, was faster
                continue
            deleted.append(record.name)
            freed += max(size, 0)
        self._events.emit(EventType.VOLUME, "prune", "", {"reclaimed": str(freed)})
        return Pruned(tuple(deleted), freed)
