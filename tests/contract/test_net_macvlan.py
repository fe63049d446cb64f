"""The network contract, kept by net_macvlan; the host itself does not reach its containers, so it publishes no ports."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from plugins.net_macvlan.plugin import open_driver as open_macvlan_driver
from plugins.net_macvlan.settings import MacvlanSettings
from sdk.drivers.network import NetworkDriver, NetworkSpec
from sdk.providers import PluginContext
from sdk.testing.contracts.network import Feature, NetworkDriverContract, OpenDriver, Prepare
from sdk.testing.netns import private_network
from tests.macvlan import require_macvlan

pytestmark = pytest.mark.privileged


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    require_macvlan()
    with private_network():
        yield


class TestMacvlan(NetworkDriverContract):
    """On parents of the host's."""

    lacks = frozenset({Feature.HOST, Feature.PORTS})

    @pytest.fixture
    def prepare(self) -> Prepare:
        def make_parent(network: NetworkSpec) -> dict[str, str]:
            subprocess.run(["ip", "link", "add", network.name, "type", "veth", "peer", f"{network.name}-far"], check=True)
            for end in (network.name, f"{network.name}-far"):
                subprocess.run(["ip", "link", "set", end, "up"], check=True)
            return {"parent": network.name}

        return make_parent

    @pytest.fixture
    def open_driver(self, plugin_context: PluginContext) -> OpenDriver:
        @asynccontextmanager
        async def opened() -> AsyncIterator[NetworkDriver]:
            async with open_macvlan_driver(plugin_context, MacvlanSettings()) as driver:
                yield driver

        return opened


class TestWithoutParent(TestMacvlan):
    """On parents that lead nowhere."""

    @pytest.fixture
    def prepare(self) -> Prepare:
        return lambda _network: {}
