"""Containers' addresses, announced to their neighbours."""

from pathlib import Path

import anyio
import pytest

from plugins.net_bridge.plugin import open_driver
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import Endpoint, NetworkDriver, NetworkSpec, Sandbox
from sdk.testing.context import plugin_context
from sdk.testing.contracts.network import Bench
from tests.announced import CHOSEN, frames, heard, listening

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

COUNT, INTERVAL = "com.docker.network.advertise_addr_nmsgs", "com.docker.network.advertise_addr_ms"


async def test_addresses_are_announced_as_often_as_the_network_says(bench: Bench) -> None:
    network = await bench.network(subnet6="fd00:30::/64", options={COUNT: "2", INTERVAL: "100"})
    with listening(await bench.connect(network, 6)) as ear:
        _, endpoint = await bench.connect(network, 5)
        assert await anyio.to_thread.run_sync(heard, ear, endpoint, 4) == frames(endpoint) * 2


@pytest.mark.parametrize(("options", "mac"), [({}, ""), ({COUNT: "0"}, CHOSEN)], ids=["not asked for", "switched off"])
async def test_a_usual_start_says_nothing(bench: Bench, options: dict[str, str], mac: str) -> None:
    """Nor does one where the client does not want it; the marker comes last."""
    network = await bench.network(options=options)
    loud = await bench.network(2, options={COUNT: "1"})
    with listening(await bench.connect(network, 6)) as ear, listening(await bench.connect(loud, 6)) as other:
        _, endpoint = await bench.connect(network, 5, mac_address=mac)
        _, marker = await bench.connect(loud, 5)
        assert await anyio.to_thread.run_sync(heard, other, marker, 1) == frames(marker)
        assert heard(ear, endpoint, 1, seconds=0.1) == []


async def test_a_chosen_mac_address_is_announced_and_so_is_the_usual_one_after_it(bench: Bench) -> None:
    network = await bench.network(options={INTERVAL: "2000"})
    with listening(await bench.connect(network, 6)) as ear:
        for mac in (CHOSEN, ""):
            _, endpoint = await bench.connect(network, 5, mac_address=mac)
            assert await anyio.to_thread.run_sync(heard, ear, endpoint, 1) == frames(endpoint)
            await bench.end(endpoint)


async def test_containers_that_outlived_a_daemon_are_announced_by_the_next(tmp_path: Path) -> None:
    async with open_driver(plugin_context("net_bridge", tmp_path), BridgeSettings()) as driver:
        bench = Bench(driver)
        network = await bench.network()
        sandbox, endpoint = await bench.connect(network, 5)
        with Path(sandbox.path).open() as held, listening(await bench.connect(network, 6)) as ear:
            await driver.release(sandbox)
            async with open_driver(plugin_context("net_bridge", tmp_path), BridgeSettings()) as other:
                living = Sandbox(f"/proc/self/fd/{held.fileno()}")
                await _restored(other, network, endpoint, living)
                assert await anyio.to_thread.run_sync(heard, ear, endpoint, 1) == frames(endpoint)
        await bench.clear()


async def _restored(driver: NetworkDriver, network: NetworkSpec, endpoint: Endpoint, sandbox: Sandbox) -> None:
    gone = Sandbox("/proc/self/fd/999")
    await driver.restore([network], [(endpoint, gone), (endpoint, sandbox)])
