"""The network contract, kept by net_bridge."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plugins.net_bridge.plugin import open_driver as open_bridge_driver
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import NetworkDriver
from sdk.events import Event
from sdk.providers import PluginContext
from sdk.testing.contracts.network import Bench, NetworkDriverContract, OpenDriver

pytestmark = [pytest.mark.privileged, pytest.mark.usefixtures("own_network")]


class NoEvents:
    def publish(self, event: Event) -> None:
        raise AssertionError(event)


class TestBridge(NetworkDriverContract):
    @pytest.fixture
    def open_driver(self, tmp_path: Path) -> OpenDriver:
        context = PluginContext("net_bridge", tmp_path, tmp_path, "c0ffee", NoEvents(), logging.getLogger("net_bridge"))

        @asynccontextmanager
        async def opened() -> AsyncIterator[NetworkDriver]:
            async with open_bridge_driver(context, BridgeSettings()) as driver:
                yield driver

        return opened

    @pytest.mark.anyio
    async def test_the_mac_address_is_dockers(self, bench: Bench) -> None:
        """So that a reused address finds its old neighbours' caches right."""
        _, endpoint = await bench.connect(await bench.network(), 5)
        assert endpoint.mac_address == "02:42:ac:1e:00:05"
