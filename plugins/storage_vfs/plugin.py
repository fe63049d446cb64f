"""The vfs storage driver, as the engine's kernel sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread

from plugins.storage_vfs.settings import VfsSettings
from sdk.drivers.storage import StorageDriver
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, StorageProvider


@asynccontextmanager
async def open_driver(context: PluginContext, settings: VfsSettings) -> AsyncIterator[StorageDriver]:
    """Open the driver on its data root."""
    from plugins.storage_vfs.driver import VfsDriver  # noqa: PLC0415 - costs memory only where it is chosen

    del settings
    driver = await anyio.to_thread.run_sync(VfsDriver, context.data_root)
    try:
        yield driver
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(driver.close)


@hookimpl
def provide_storage_driver() -> StorageProvider[VfsSettings]:
    """Provide the driver `vfs`."""
    return StorageProvider("vfs", VfsSettings, open_driver)
