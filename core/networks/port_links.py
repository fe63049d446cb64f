"""Links between containers of the default network, where it keeps them from reaching each other."""

from collections.abc import Callable, Collection

import anyio

from core.networks.catalog import NetworkCatalog
from sdk.drivers.network import PortLink, PortLinker
from sdk.engine.modes import BRIDGE
from sdk.errors import NoSuchNetwork


class PortLinks:
    """Tells the default network's driver which ports links open. Lives on the event loop."""

    def __init__(self, catalog: NetworkCatalog) -> None:
        self._catalog = catalog
        self._turn = anyio.Lock()

    async def update(self, now: Callable[[], Collection[PortLink]]) -> None:
        """Open the ports that `now` returns at this call's turn, and no others; nothing where the driver knows no links."""
        async with self._turn:
            try:
                network = self._catalog.find(BRIDGE)
            except NoSuchNetwork:
                return
            driver = self._catalog.driver(network)
            if isinstance(driver, PortLinker):
                await driver.link(network.spec(), now())
