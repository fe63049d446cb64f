"""Registers the bridge driver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import NetworkDriver
from sdk.hookspecs import hookimpl
from sdk.providers import NetworkProvider, PluginContext


@asynccontextmanager
async def open_driver(context: PluginContext, settings: BridgeSettings) -> AsyncIterator[NetworkDriver]:
    """Open the driver; on leaving, its pool is given back, while networks and endpoints stay."""
    from plugins.net_bridge.driver import BridgeDriver  # noqa: PLC0415 - netlink and nftables cost memory only where they are chosen

    driver = await BridgeDriver.open(context, settings)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(driver.keep_table)
            tasks.start_soon(driver.keep_relay)
            try:
                yield driver
            finally:
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await driver.close()


@hookimpl
def provide_network_driver() -> NetworkProvider[BridgeSettings]:
    return NetworkProvider("bridge", BridgeSettings, open_driver)
