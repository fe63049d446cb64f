"""The network contract, kept by net_cni with the plugins bridge, host-local and portmap."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plugins.net_cni.plugin import open_driver as open_cni_driver
from plugins.net_cni.settings import CniSettings
from sdk.drivers.network import NetworkDriver
from sdk.providers import PluginContext
from sdk.testing.contracts.network import Feature, NetworkDriverContract, OpenDriver, Prepare
from tests.cni import write_bridge_list

pytestmark = [pytest.mark.privileged, pytest.mark.usefixtures("own_network")]


class TestCni(NetworkDriverContract):
    """Networks of the plugin bridge reach each other; its plugin `firewall` can forbid that, with the published ports of others."""

    lacks = frozenset({Feature.ISOLATION, Feature.INTERNAL})

    @pytest.fixture
    def prepare(self, tmp_path: Path) -> Prepare:
        return lambda network: {"conflist": write_bridge_list(tmp_path, network.name, *(subnet.cidr for subnet in network.subnets))}

    @pytest.fixture
    def open_driver(self, tmp_path: Path, plugin_context: PluginContext) -> OpenDriver:
        @asynccontextmanager
        async def opened() -> AsyncIterator[NetworkDriver]:
            async with open_cni_driver(plugin_context, CniSettings(conf_dir=tmp_path)) as driver:
                yield driver

        return opened
