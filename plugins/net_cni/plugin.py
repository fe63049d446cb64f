"""Registers the CNI driver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from plugins.net_cni.settings import CniSettings
from sdk.drivers.network import NetworkDriver
from sdk.errors import SkipPlugin
from sdk.hookspecs import hookimpl
from sdk.providers import NetworkProvider, PluginContext

CONTRACT = ""
"""The suite needs more than the machine has: its networks are lists that an administrator writes."""


@asynccontextmanager
async def open_driver(context: PluginContext, settings: CniSettings) -> AsyncIterator[NetworkDriver]:
    """Open the driver. Raises SkipPlugin where there are no CNI plugins."""
    if not any(directory.is_dir() for directory in settings.bin_dirs):
        places = ", ".join(map(str, settings.bin_dirs))
        raise SkipPlugin(f"there are no CNI plugins in {places} (Debian and Ubuntu: apt install containernetworking-plugins)")
    from plugins.net_cni.datapath import Datapath  # noqa: PLC0415 - costs memory only where there are CNI plugins
    from plugins.net_cni.driver import CniDriver  # noqa: PLC0415 - costs memory only where there are CNI plugins

    driver = CniDriver(Datapath(context.data_root, settings, context.log))
    try:
        yield driver
    finally:
        with anyio.CancelScope(shield=True):
            await driver.close()


@hookimpl
def provide_network_driver() -> NetworkProvider[CniSettings]:
    return NetworkProvider("cni", CniSettings, open_driver)
