"""The overlay storage driver, as the engine's kernel sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread

from plugins.storage_overlay.driver import OverlayDriver
from plugins.storage_overlay.probe import probe
from plugins.storage_overlay.settings import OverlaySettings
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, StorageProvider


@asynccontextmanager
async def open_driver(context: PluginContext, settings: OverlaySettings) -> AsyncIterator[OverlayDriver]:
    """Open the driver on its data root. Raises SkipPlugin where overlayfs does not work."""
    kernel_options = await anyio.to_thread.run_sync(probe, context.data_root)
    driver = await anyio.to_thread.run_sync(OverlayDriver, context.data_root, (*kernel_options, *settings.mount_options))
    try:
        yield driver
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(driver.close)


@hookimpl
def provide_storage_driver() -> StorageProvider[OverlaySettings]:
    """Provide the driver `overlay`."""
    return StorageProvider("overlay", OverlaySettings, open_driver)
