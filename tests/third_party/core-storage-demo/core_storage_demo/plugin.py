"""Registers the storage driver "demo"."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core_storage_demo.driver import DemoDriver
from core_storage_demo.settings import Settings
from sdk.drivers.storage import StorageDriver
from sdk.errors import SkipPlugin
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, StorageProvider

API_VERSION = (1, 0)


@asynccontextmanager
async def open_driver(context: PluginContext, settings: Settings) -> AsyncIterator[StorageDriver]:
    """Open the driver in its own directory. Raises SkipPlugin where overlayfs cannot name it."""
    if set(":,\\") & set(str(context.data_root)):
        raise SkipPlugin(f"overlayfs cannot name {context.data_root}: there is a colon, a comma or a backslash in it")
    driver = DemoDriver(context.data_root, (f"xino={settings.xino}",))
    try:
        yield driver
    finally:
        driver.close()


@hookimpl
def provide_storage_driver() -> StorageProvider[Settings]:
    return StorageProvider("demo", Settings, open_driver)
