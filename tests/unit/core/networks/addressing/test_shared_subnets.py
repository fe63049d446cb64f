"""Networks of links that other hosts are on, by a driver on paper."""

from collections.abc import Mapping

import pytest

from core.networks.attachments import ConnectRequest
from sdk.drivers.network import ExternalNetworks
from sdk.engine.networks import NetworkCreate, SubnetConfig, SubnetUsage
from sdk.errors import PermissionDenied, ResourceExhausted
from sdk.testing.network_driver import PaperNetworkDriver

pytestmark = pytest.mark.anyio

LAN = "192.168.0.0/24"
ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64


class ExternalPaper(PaperNetworkDriver, ExternalNetworks):
    async def is_secluded(self, options: Mapping[str, str]) -> bool:
        return "parent" not in options


@pytest.fixture
def driver() -> ExternalPaper:
    return ExternalPaper()


def lan(name: str, ip_range: str, gateway: str = "", **aux: str) -> NetworkCreate:
    subnet = SubnetConfig(LAN, gateway=gateway, ip_range=ip_range, aux_addresses=aux)
    return NetworkCreate(name, subnets=(subnet,), options={"parent": "eth0"})


def usage(room, name: str) -> SubnetUsage:
    return room.catalog.addresses(room.catalog.find(name)).usage()[0]


async def address(room, container_id: str, network: str) -> str:
    connected = await room.attachments.connect(ConnectRequest(container_id, f"c{container_id[0]}", mode=network))
    return connected.networks[network].ipv4_address


async def test_no_gateway_is_chosen_but_one_that_is_named_stays(room):
    plain = await room.catalog.create(NetworkCreate("plain", ipv6=True, options={"parent": "eth0"}))
    assert [subnet.gateway for subnet in plain.config.subnets] == ["", ""]
    assert plain.gateway_versions == {4}, "it is a way out all the same"
    named = await room.catalog.create(lan("named", "", "192.168.0.1"))
    assert [subnet.gateway for subnet in named.config.subnets] == ["192.168.0.1"]


async def test_a_network_may_have_no_ip_version_and_no_addresses(room):
    await room.catalog.create(NetworkCreate("bare", ipv4=False, options={"parent": "eth0"}))
    connected = await room.attachments.connect(ConnectRequest(ONE, "c1", mode="bare"))
    assert (connected.networks["bare"].ipv4_address, connected.networks["bare"].ipv6_address) == ("", "")
    await room.attachments.disconnect(ONE)


async def test_one_that_leads_nowhere_is_no_way_out_also_after_a_boot(boot):
    room = boot()
    record = await room.catalog.create(NetworkCreate("apart"))
    assert (record.gateway_versions, record.is_outward, record.config.internal) == (frozenset(), False, False)
    assert boot().catalog.find("apart") == record


async def test_networks_share_a_subnet_whose_addresses_are_given_once(room):
    await room.catalog.create(lan("low", "192.168.0.0/30", "192.168.0.1", printer="192.168.0.100"))
    await room.catalog.create(lan("all", LAN))
    assert (usage(room, "low").in_use, usage(room, "all").in_use) == (4, 4)
    given = [await address(room, ONE, "all"), await address(room, TWO, "low")]
    assert given == ["192.168.0.2", "192.168.0.3"]
    with pytest.raises(ResourceExhausted):
        await address(room, THREE, "low")
    assert usage(room, "low") == SubnetUsage(LAN, 6, 0)
    await room.attachments.disconnect(ONE)
    assert await address(room, THREE, "low") == "192.168.0.2"
    for held in (TWO, THREE):
        await room.attachments.disconnect(held)
    await room.catalog.remove(room.catalog.find("low"), lambda _id: False)
    assert usage(room, "all").in_use == 2, "what the network reserved is free with it"
    assert await address(room, ONE, "all") == "192.168.0.1"


async def test_ranges_of_a_shared_subnet_differ(room):
    await room.catalog.create(lan("one", "192.168.0.0/25"))
    for wrong in ("", "192.168.0.0/25"):
        with pytest.raises(PermissionDenied, match="Pool overlaps with other one on this address space"):
            await room.catalog.create(lan("two", wrong))
    await room.catalog.create(lan("two", "192.168.0.128/25"))
    with pytest.raises(PermissionDenied, match="Pool overlaps"):
        await room.catalog.create(NetworkCreate("wide", subnets=(SubnetConfig("192.168.0.0/16", ip_range="192.168.1.0/24"),)))
