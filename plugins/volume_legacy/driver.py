"""The volumes of one of Docker's plugins, as the engine's volume drivers keep them."""

import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from weakref import WeakValueDictionary

import anyio

from plugins.volume_legacy import protocol as wire
from plugins.volume_legacy.notes import Notes, Record
from plugins.volume_legacy.settings import LegacyVolumeSettings
from sdk.drivers.volume import DriverVolume, VolumeDriver
from sdk.errors import Conflict, DeadlineExceeded, EngineError, InvalidArgument, NoSuchVolume, Unavailable
from sdk.legacy.client import PluginClient
from sdk.legacy.protocol import Empty, Reply

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_LONGEST_NAME = 255
_UNREACHED = (Unavailable, DeadlineExceeded)


class LegacyVolumeDriver(VolumeDriver):
    """Asks the plugin about everything but who uses what. The protocol knows no "not found": where a plugin refuses to tell about a
    volume, its list decides."""

    def __init__(self, client: PluginClient, notes: Notes, settings: LegacyVolumeSettings) -> None:
        self.client = client
        self._notes = notes
        self._settings = settings
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    async def create(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        if not _is_name(name):
            raise InvalidArgument(
                f'"{name}" includes invalid characters for a volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed'
            )
        async with self._lock(name):
            known = self._notes.record(name)
            if known is not None and known.options != dict(options):
                raise Conflict(f"volume {name} exists with other driver options")
            request = wire.CreateRequest(name, dict(options))
            await self.client.ask("Create", request, Reply, self._settings.change_timeout)
            if known is None:
                self._notes.keep(name, Record(time.time_ns(), dict(options)))
            return await self.get(name)

    async def remove(self, name: str) -> None:
        async with self._lock(name):
            try:
                await self.client.ask("Remove", wire.NameRequest(name), Reply, self._settings.change_timeout)
            except _UNREACHED:
                raise
            except EngineError:
                if await self._is_listed(name):
                    raise
            self._notes.forget(name)

    async def get(self, name: str) -> DriverVolume:
        try:
            told = await self.client.ask("Get", wire.NameRequest(name), wire.GetReply, self._settings.query_timeout)
        except _UNREACHED:
            raise
        except EngineError as error:
            raise NoSuchVolume(name) from error
        if told.volume is None:
            raise NoSuchVolume(name)
        return self._described(name, told.volume)

    async def list(self) -> Sequence[DriverVolume]:
        told = await self.client.ask("List", Empty(), wire.ListReply, self._settings.query_timeout)
        return tuple(self._described(volume.name, volume) for volume in told.volumes or () if volume.name)

    async def mount(self, name: str, user: str) -> Path:
        async with self._lock(name):
            await self.get(name)
            if self._notes.mounted(name, user):
                told = await self.client.ask("Path", wire.NameRequest(name), wire.PathReply, self._settings.query_timeout)
            else:
                self._notes.use(name, user, mounted=False)
                told = await self.client.ask("Mount", wire.MountRequest(name, user), wire.PathReply, self._settings.change_timeout)
            if not told.mountpoint or not told.mountpoint.startswith("/"):
                raise EngineError(f"volume {name} has no mount point")
            self._notes.use(name, user, mounted=True)
            return Path(told.mountpoint)

    async def unmount(self, name: str, user: str) -> None:
        async with self._lock(name):
            mounted = self._notes.mounted(name, user)
            if mounted is None:
                return
            try:
                await self.client.ask("Unmount", wire.MountRequest(name, user), Reply, self._settings.change_timeout)
            except EngineError:
                if mounted:
                    raise
            self._notes.leave(name, user)

    async def _is_listed(self, name: str) -> bool:
        return any(volume.name == name for volume in await self.list())

    def _described(self, name: str, volume: wire.Volume) -> DriverVolume:
        record = self._notes.record(name) if _is_name(name) else None
        created_ns = record.created_ns if record else _nanoseconds(volume.created_at or "")
        return DriverVolume(name, Path(volume.mountpoint or ""), created_ns, record.options if record else {})

    def _lock(self, name: str) -> anyio.Lock:
        return self._locks.setdefault(name, anyio.Lock())


def _is_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _nanoseconds(timestamp: str) -> int:
    """Return a time since 1970, 0 for none: an earlier one, such as Go's zero, is none, and neither is one beyond 64 bits."""
    try:
        nanoseconds = int(datetime.fromisoformat(timestamp).timestamp()) * 10**9
    except (ValueError, OverflowError):
        return 0
    return nanoseconds if 0 <= nanoseconds < 1 << 63 else 0
