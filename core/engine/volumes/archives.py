"""Volumes as archives: `core volume export | import | clone`."""

import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from core.archives.extract import extract
from core.archives.pack import Archive, pack_tree
from core.archives.untar import Policy
from core.volumes.catalog import VolumeCatalog
from core.volumes.record import ANONYMOUS_LABEL
from sdk.engine.volumes import VolumeCreate
from sdk.errors import Conflict, DataLoss, InvalidArgument, Unsupported


async def export(catalog: VolumeCatalog, name: str) -> Archive:
    """Return a tar of a volume. Raises NoSuchVolume, Unsupported, and what mounting it raises, before there is any of it."""
    async with _opened(catalog, name, "export"):
        pass
    return _archive(catalog, name)


async def import_archive(catalog: VolumeCatalog, name: str, content: AsyncIterator[bytes], *, force: bool) -> None:
    """Unpack a tar over the contents of a volume, made now if there is none. Raises Conflict, InvalidArgument, ResourceExhausted."""
    if not any(record.name == name for record in catalog.records()):
        async with catalog.filling(VolumeCreate(name), "import"):
            await _unpack(catalog, name, content)
        return
    users = catalog.users(name)
    if users and not force:
        raise Conflict(f"import into {name}: volume is in use - [{', '.join(users)}]")
    await _unpack(catalog, name, content)


async def clone(catalog: VolumeCatalog, name: str, new_name: str) -> None:
    """Make a volume with another's contents and labels; driver options, which may name a place, are not taken over."""
    source = catalog.find(name)
    labels = {key: value for key, value in source.labels.items() if key != ANONYMOUS_LABEL}
    if not new_name:
        raise InvalidArgument("the clone needs a name")
    async with (
        catalog.filling(VolumeCreate(new_name, labels=labels), "clone"),
        aclosing(await export(catalog, name)) as content,
    ):
        await _unpack(catalog, new_name, content)


async def _archive(catalog: VolumeCatalog, name: str) -> Archive:
    async with (
        _opened(catalog, name, "export") as directory,
        aclosing(pack_tree(directory, directory, ".", ".", sparse=True)) as packed,
    ):
        async for chunk in packed:
            yield chunk


async def _unpack(catalog: VolumeCatalog, name: str, content: AsyncIterator[bytes]) -> None:
    async with _opened(catalog, name, "import") as directory:
        try:
            await extract(content, Policy(root_entry=True), root=directory, directory=directory)
        except DataLoss as error:
            raise InvalidArgument(error.message) from error


@asynccontextmanager
async def _opened(catalog: VolumeCatalog, name: str, user: str) -> AsyncIterator[int]:
    """Give a descriptor of a volume's directory; no client can remove it meanwhile. Raises NoSuchVolume, Unsupported."""
    async with catalog.held(name, user), catalog.opened(name, user) as path:
        try:
            directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            driver = catalog.find(name).driver
            raise Unsupported(f"volume {name}: its driver {driver} keeps it in no directory of this host") from None
        try:
            yield directory
        finally:
            os.close(directory)
