"""Addresses of containers on macvlan networks, announced to their neighbours."""

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from plugins.net_macvlan.plugin import open_driver
from plugins.net_macvlan.settings import MacvlanSettings
from sdk.drivers.network import EndpointSpec
from sdk.testing.context import plugin_context
from sdk.testing.contracts.network import Bench
from sdk.testing.netns import private_network
from tests.announced import CHOSEN, frames, heard, listening
from tests.macvlan import require_macvlan

COUNT = "com.docker.network.advertise_addr_nmsgs"

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    require_macvlan()
    with private_network():
        yield


async def test_a_chosen_mac_address_is_known_to_the_next_daemon(tmp_path: Path) -> None:
    """It announces the container that lives on, and the usual MAC address of the container that has the address after it."""
    context = plugin_context("net_macvlan", tmp_path)
    async with open_driver(context, MacvlanSettings()) as driver, open_driver(context, MacvlanSettings()) as other:
        bench = Bench(driver)
        network = await bench.network()
        sandbox, endpoint = await bench.connect(network, 5, mac_address=CHOSEN)
        with listening(await bench.connect(network, 6)) as ear:
            await other.restore([network], [(endpoint, sandbox)])
            assert await anyio.to_thread.run_sync(heard, ear, endpoint, 1) == frames(endpoint)
            await bench.end(endpoint)
            await other.disconnect(network, endpoint, None)
            usual = EndpointSpec("after", "after", endpoint.addresses)
            sandbox, endpoint = await other.connect(network, usual, None)
            assert await anyio.to_thread.run_sync(heard, ear, endpoint, 1) == frames(endpoint)
            assert endpoint.mac_address != CHOSEN
            await other.disconnect(network, endpoint, None)
            await other.release(sandbox)
        await bench.clear()


async def test_what_a_network_does_not_announce_is_not_announced_after_a_restart_either(tmp_path: Path) -> None:
    """The container that is announced comes last."""
    context = plugin_context("net_macvlan", tmp_path)
    async with open_driver(context, MacvlanSettings()) as driver, open_driver(context, MacvlanSettings()) as other:
        bench = Bench(driver)
        silent, loud = await bench.network(options={COUNT: "0"}), await bench.network(2)
        lives = [await bench.connect(silent, 5), await bench.connect(loud, 5)]
        with listening(await bench.connect(silent, 6)) as ear, listening(await bench.connect(loud, 6)) as marker:
            await other.restore([silent, loud], [(endpoint, sandbox) for sandbox, endpoint in lives])
            assert await anyio.to_thread.run_sync(heard, marker, lives[1][1], 1) == frames(lives[1][1])
            assert heard(ear, lives[0][1], 1, seconds=0.1) == []
        await bench.clear()
