"""Containers' own addresses, to which another host routes: who may use them, and who is seen when a container goes out."""

import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from plugins.net_bridge.plugin import open_driver
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import PortBinding, Sandbox
from sdk.testing.context import plugin_context
from sdk.testing.contracts.network import Bench, inside, reaches, serving

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

FOUR, SIX = "172.30.0.5", "fd00:30::5"
MakeBench = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def bench_with(tmp_path: Path) -> MakeBench:
    @asynccontextmanager
    async def make(**settings: str | bool) -> AsyncIterator[Bench]:
        async with open_driver(plugin_context("net_bridge", tmp_path), BridgeSettings.model_validate(settings)) as driver:
            bench = Bench(driver)
            yield bench
            await bench.clear()

    return make


def met(sandbox: Sandbox, address: str, port: int) -> bool:
    with inside(sandbox):
        return reaches(address, port, timeout=5)


def unmet(sandbox: Sandbox, address: str, port: int) -> bool:
    with inside(sandbox):
        return not reaches(address, port, timeout=0.3)


async def test_direct_routing_lets_other_hosts_in_to_published_ports(bench_with: MakeBench, remote: Sandbox) -> None:
    async with bench_with(allow_direct_routing=True) as bench:
        network = await bench.network(subnet6="fd00:30::/64")
        published = [PortBinding(7000, host_port=port) for port in (18080, 18081)]
        sandbox, endpoint = await bench.connect(network, 5, *published)
        with serving(sandbox, 7000), serving(sandbox, 7001):
            for address in (FOUR, SIX):
                assert met(remote, address, 7000)
                assert unmet(remote, address, 7001)
            await bench.end(endpoint)
            other, _ = await bench.connect(network, 5)
            with serving(other, 7000):
                assert unmet(remote, FOUR, 7000), "it publishes nothing"


@pytest.mark.parametrize("trusted", ["lan0", "other0:lan0", "other0"])
async def test_other_hosts_behind_trusted_interfaces_come_in(bench: Bench, remote: Sandbox, trusted: str) -> None:
    network = await bench.network(options={"com.docker.network.bridge.trusted_host_interfaces": trusted}, subnet6="fd00:30::/64")
    sandbox, _ = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    with serving(sandbox, 7000), serving(sandbox, 7001):
        for address in (FOUR, SIX):
            assert (met if "lan0" in trusted else unmet)(remote, address, 7000)
            assert unmet(remote, address, 7001)


async def test_packets_with_the_accepted_mark_come_in(bench_with: MakeBench, remote: Sandbox) -> None:
    async with bench_with(accept_fwmark="0x2/0x3") as bench:
        network = await bench.network(subnet6="fd00:30::/64")
        internal = await bench.network(2, internal=True)
        sandbox, _ = await bench.connect(network, 5)
        hidden, _ = await bench.connect(internal, 5)
        with serving(sandbox, 7000), serving(hidden, 7000):
            assert unmet(remote, FOUR, 7000)
            mark = 'table inet marks { chain c { type filter hook prerouting priority raw; iifname "lan0" meta mark set 0xe; }; }'
            subprocess.run(["nft", mark], check=True)
            assert met(remote, FOUR, 7000)
            assert met(remote, SIX, 7000)
            assert unmet(remote, "172.30.2.5", 7000), "an internal network stays one"


async def test_what_leaves_has_the_networks_own_source(bench: Bench, remote: Sandbox) -> None:
    sources = {"com.docker.network.host_ipv4": "192.0.2.77", "com.docker.network.host_ipv6": "fd00:2::77"}
    sandbox, _ = await bench.connect(await bench.network(options=sources, subnet6="fd00:30::/64"), 5)
    for words in (["address", "add", "192.0.2.77/24", "dev", "lan0"], ["address", "add", "fd00:2::77/64", "dev", "lan0", "nodad"]):
        subprocess.run(["ip", *words], check=True)
    with inside(remote):
        server = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True)
    with server:
        for host, seen in (("192.0.2.2", "::ffff:192.0.2.77"), ("fd00:2::2", "fd00:2::77")):
            with inside(sandbox):
                client = socket.create_connection((host, 7000), 5)
            accepted, address = server.accept()
            with client, accepted:
                assert address[0] == seen
