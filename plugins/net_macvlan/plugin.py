"""Registers the macvlan driver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.net_macvlan.settings import MacvlanSettings
from sdk.drivers.network import NetworkDriver
from sdk.hookspecs import hookimpl
from sdk.providers import NetworkProvider, PluginContext


@asynccontextmanager
async def open_driver(context: PluginContext, _settings: MacvlanSettings) -> AsyncIterator[NetworkDriver]:
    """Open the driver."""
    from plugins.net_macvlan.driver import MacvlanDriver  # noqa: PLC0415 - opened by the daemon only

    driver = MacvlanDriver(context)
    try:
        yield driver
    finally:
        await driver.close()


@hookimpl
def provide_network_driver() -> NetworkProvider[MacvlanSettings]:
    return NetworkProvider("macvlan", MacvlanSettings, open_driver)
