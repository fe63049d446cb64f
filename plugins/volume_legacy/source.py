"""All of Docker's volume plugins on this machine: found by name when a client asks for them, so they may come later than the daemon."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from plugins.volume_legacy.notes import Notes
from plugins.volume_legacy.settings import LegacyVolumeSettings
from sdk.drivers.volume import DriverVolume, VolumeDriver, VolumeDriverSource
from sdk.errors import InvalidArgument, NoSuchVolume
from sdk.legacy.discovery import Address, find_address, list_names
from sdk.providers import PluginContext

if TYPE_CHECKING:
    from plugins.volume_legacy.driver import LegacyVolumeDriver
    from sdk.legacy.client import PluginClient


@asynccontextmanager
async def open_source(context: PluginContext, settings: LegacyVolumeSettings) -> AsyncIterator[VolumeDriver]:
    """Open the bridge. No plugin is asked anything yet."""
    source = LegacyVolumes(context, settings)
    try:
        yield source
    finally:
        with anyio.CancelScope(shield=True):
            await source.close()


class LegacyVolumes(VolumeDriver, VolumeDriverSource):
    """A source of drivers. It has no volumes under its own name."""

    def __init__(self, context: PluginContext, settings: LegacyVolumeSettings) -> None:
        self._context = context
        self._settings = settings
        self._drivers: dict[str, LegacyVolumeDriver] = {}
        self._replaced: list[PluginClient] = []

    def find(self, name: str) -> VolumeDriver | None:
        address = find_address(name, self._settings.socket_directories, self._settings.spec_directories)
        driver = self._drivers.get(name)
        if address is None:
            return driver  # it went away; the client that asks is told that it does not answer
        if driver is not None and driver.client.address == address:
            return driver
        if driver is not None:
            self._replaced.append(driver.client)
        self._drivers[name] = self._open(name, address)
        return self._drivers[name]

    def names(self) -> tuple[str, ...]:
        return list_names(self._settings.socket_directories, self._settings.spec_directories)

    async def close(self) -> None:
        """Close all connections."""
        for client in (*self._replaced, *(driver.client for driver in self._drivers.values())):
            await client.close()

    def _open(self, name: str, address: Address) -> "LegacyVolumeDriver":
        from plugins.volume_legacy.driver import LegacyVolumeDriver  # noqa: PLC0415 - an HTTP client costs memory only where there are plugins
        from plugins.volume_legacy.protocol import VOLUMES  # noqa: PLC0415 - an HTTP client costs memory only where there are plugins
        from sdk.legacy.client import PluginClient  # noqa: PLC0415 - an HTTP client costs memory only where there are plugins

        notes = Notes(self._context.data_root / name, self._context.exec_root / name)
        return LegacyVolumeDriver(PluginClient(name, address, VOLUMES), notes, self._settings)

    async def create(self, name: str, options: Mapping[str, str]) -> DriverVolume:
        del options
        raise InvalidArgument(f'create {name}: "legacy" stands for Docker\'s volume plugins; name one of them as the driver')

    async def remove(self, name: str) -> None:
        """Nothing is ever made here."""

    async def get(self, name: str) -> DriverVolume:
        raise NoSuchVolume(name)

    async def list(self) -> Sequence[DriverVolume]:
        return ()

    async def mount(self, name: str, user: str) -> Path:
        del user
        raise NoSuchVolume(name)

    async def unmount(self, name: str, user: str) -> None:
        """Nothing is ever mounted here."""
