"""The local volume driver: directories on this machine, and whatever mount(2) can put there."""

import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar, TypeVarTuple, Unpack

import anyio

from plugins.volume_local.directory import delete_volume, make_volume, read_volumes
from plugins.volume_local.options import MountOptions, check_name, parse_options
from plugins.volume_local.settings import LocalVolumeSettings
from plugins.volume_local.uses import Uses
from sdk.drivers.volume import DriverVolume, VolumeDriver
from sdk.errors import Conflict, NoSuchVolume
from sdk.providers import PluginContext
from sdk.storage.usage import tree_usage

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_THREADS = 4


@asynccontextmanager
async def open_driver(context: PluginContext, _settings: LocalVolumeSettings) -> AsyncIterator[VolumeDriver]:
    """Open the driver; mounts that an earlier process left without a user are undone. Mounts in use stay."""
    uses = Uses(context.exec_root)
    volumes = await anyio.to_thread.run_sync(_load, context.data_root, uses, context.log)
    yield LocalVolumeDriver(context.data_root, uses, volumes)


def _load(root: Path, uses: Uses, log: logging.Logger) -> list[DriverVolume]:
    os.chmod(root, 0o711)
    volumes = read_volumes(root, log)
    uses.sweep([str(volume.mountpoint) for volume in volumes])
    return volumes


class LocalVolumeDriver(VolumeDriver):
    """Knows its volumes by heart; one lock orders what makes, deletes and mounts them."""

    def __init__(self, root: Path, uses: Uses, volumes: Sequence[DriverVolume]) -> None:
        self._root = root
        self._uses = uses
        self._volumes = {volume.name: volume for volume in volumes}
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._lock = anyio.Lock()

    async def create(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        check_name(name)
        parse_options(options)
        async with self._lock:
            known = self._volumes.get(name)
            if known is None:
                known = self._volumes[name] = await self._in_thread(make_volume, self._root, name, options)
            if dict(known.options) != dict(options):
                raise Conflict(f"volume {name} exists with other driver options")
            return known

    async def remove(self, name: str) -> None:
        async with self._lock:
            if name in self._volumes:
                await self._in_thread(delete_volume, self._root, name)
                del self._volumes[name]

    async def get(self, name: str) -> DriverVolume:
        try:
            return self._volumes[name]
        except KeyError:
            raise NoSuchVolume(name) from None

    async def list(self) -> Sequence[DriverVolume]:
        return tuple(self._volumes.values())

    async def mount(self, name: str, user: str) -> Path:
        volume = await self.get(name)
        options = MountOptions(**volume.options)
        if options.is_mounted:
            async with self._lock:
                await self._in_thread(self._uses.add, name, user, options, str(volume.mountpoint))
        return volume.mountpoint

    async def unmount(self, name: str, user: str) -> None:
        volume = self._volumes.get(name)
        if volume is not None and volume.options:
            async with self._lock:
                await self._in_thread(self._uses.drop, name, user, str(volume.mountpoint))

    async def size(self, name: str) -> int:
        volume = await self.get(name)
        return -1 if volume.options else (await self._in_thread(tree_usage, volume.mountpoint)).allocated

    async def _in_thread(self, work: Callable[[Unpack[Ts]], T], *arguments: *Ts) -> T:
        return await anyio.to_thread.run_sync(work, *arguments, limiter=self._limiter)
