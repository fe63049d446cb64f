"""Networks of a driver that chooses subnets and addresses itself."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, ip_interface

import pytest

from core.networks.attachments import ConnectRequest
from sdk.drivers.network import AddressChooser, Endpoint, EndpointSpec, NetworkSpec, Sandbox, Subnet
from sdk.engine.config import EndpointConfig, EndpointIPAM
from sdk.engine.networks import NetworkCreate, SubnetConfig
from sdk.errors import InvalidArgument, PermissionDenied
from sdk.testing.network_driver import PaperNetworkDriver

pytestmark = pytest.mark.anyio

ONE = "1" * 64
RANGE = Subnet(IPv4Network("10.9.0.0/24"), IPv4Address("10.9.0.7"))


class ChoosingDriver(PaperNetworkDriver, AddressChooser):
    """Gives the address 10.9.0.99 to whoever asks for none."""

    def __init__(self) -> None:
        super().__init__()
        self.offers: tuple[Subnet, ...] = (RANGE,)
        self.asked: list[NetworkSpec] = []

    async def subnets(self, network: NetworkSpec) -> Sequence[Subnet]:
        self.asked.append(network)
        return self.offers

    async def connect(self, network: NetworkSpec, endpoint: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        addresses = endpoint.addresses or (ip_interface("10.9.0.99/24"),)
        return await super().connect(network, replace(endpoint, addresses=addresses), sandbox)


@pytest.fixture
def driver() -> ChoosingDriver:
    return ChoosingDriver()


async def test_the_drivers_subnets_are_shown(room, driver):
    record = await room.catalog.create(NetworkCreate("web", options={"a": "b"}))
    assert record.config.subnets == (SubnetConfig("10.9.0.0/24", "10.9.0.7"),)
    assert (driver.asked[0].name, driver.asked[0].subnets, driver.asked[0].options) == ("web", (), {"a": "b"})
    with pytest.raises(PermissionDenied, match="Pool overlaps"):
        await room.catalog.create(NetworkCreate("again"))


async def test_the_driver_hears_which_subnets_a_person_wants(room, driver):
    driver.offers = ()
    record = await room.catalog.create(NetworkCreate("web", subnets=(SubnetConfig("10.8.0.0/16"),)))
    assert driver.asked[0].subnets == (Subnet(IPv4Network("10.8.0.0/16")),)
    assert record.config.subnets == ()
    with pytest.raises(InvalidArgument, match="takes no IP range"):
        await room.catalog.create(NetworkCreate("other", subnets=(SubnetConfig("10.7.0.0/16", ip_range="10.7.7.0/24"),)))
    with pytest.raises(InvalidArgument, match="no '/'"):
        await room.catalog.create(NetworkCreate("other", subnets=(SubnetConfig("ten"),)))


@pytest.mark.parametrize("offers", [(RANGE,), ()], ids=["known subnets", "unknown subnets"])
async def test_the_driver_chooses_addresses(boot, driver, offers):
    driver.offers = offers
    room = boot()
    await room.catalog.create(NetworkCreate("web"))
    for _ in range(2):
        connected = await room.attachments.connect(ConnectRequest(ONE, "one", mode="web"))
        assert connected.networks["web"].ipv4_address == "10.9.0.99"
        await room.attachments.disconnect(ONE)
    connected = await room.attachments.connect(ConnectRequest(ONE, "one", mode="web"))
    room = boot()
    await room.attachments.restore({ONE: "/proc/1/ns/net"})
    await room.attachments.disconnect(ONE)
    assert driver.endpoints == {}


async def test_a_person_may_wish_for_an_address(room, driver):
    await room.catalog.create(NetworkCreate("web"))
    wish = EndpointConfig(ipam_config=EndpointIPAM(ipv4_address="10.9.0.5"))
    connected = await room.attachments.connect(ConnectRequest(ONE, "one", mode="web", networks={"web": wish}))
    assert (connected.networks["web"].ipv4_address, connected.networks["web"].ipv4_prefix) == ("10.9.0.5", 24)
    elsewhere = EndpointConfig(ipam_config=EndpointIPAM(ipv4_address="10.8.0.5"))
    with pytest.raises(InvalidArgument, match=r"no configured subnet contains IP address 10\.8\.0\.5"):
        await room.attachments.connect(ConnectRequest("2" * 64, "two", mode="web", networks={"web": elsewhere}))


async def test_as_the_default_driver_it_leaves_the_default_networks_subnet_open(room):
    assert room.catalog.find("bridge").config.subnets == ()
