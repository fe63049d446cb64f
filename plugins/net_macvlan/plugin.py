"""Registers the macvlan driver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from plugins.net_macvlan.settings import MacvlanSettings
from sdk.drivers.network import NetworkDriver
from sdk.hookspecs import hookimpl
from sdk.providers import NetworkProvider, PluginContext

CONTRACT = ""
"""The suite needs more than the machine has: its networks need a parent link, and it publishes no ports."""


@asynccontextmanager
async def open_driver(context: PluginContext, _settings: MacvlanSettings) -> AsyncIterator[NetworkDriver]:
    """Open the driver: containers as hosts of their own on the network of one of this host's links."""
    from plugins.net_macvlan.datapath import Datapath  # noqa: PLC0415 - opened by the daemon only
    from plugins.net_macvlan.driver import MacvlanDriver  # noqa: PLC0415 - opened by the daemon only

    driver = MacvlanDriver(Datapath(context.instance, context.log))
    try:
        yield driver
    finally:
        with anyio.CancelScope(shield=True):
            await driver.close()


@hookimpl
def provide_network_driver() -> NetworkProvider[MacvlanSettings]:
    return NetworkProvider("macvlan", MacvlanSettings, open_driver)
