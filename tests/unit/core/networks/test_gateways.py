"""Whose gateway a running container uses, and who publishes its ports, as networks come and go."""

from contextlib import AsyncExitStack
from typing import cast

import pytest
from msgspec.structs import replace

from core.networks.catalog import NetworkCatalog
from core.networks.gateways import Gateways, published, published_by_main, routed_ports
from core.networks.places import Place
from core.networks.record import EndpointRecord, NetworkRecord
from sdk.drivers.network import Endpoint, GatewaySwitch, NetworkSpec, PortBinding, PortPublisher, Sandbox
from sdk.engine.config import EndpointConfig
from sdk.engine.networks import NetworkCreate, SubnetConfig
from sdk.errors import Unavailable

pytestmark = pytest.mark.anyio

HERE = Sandbox("/proc/1/ns/net")
PORTS = (PortBinding(80, host_port=8080),)
FOUR, SIX, BOTH = ("10.0.0.1",), ("fd00::1",), ("10.0.0.1", "fd00::1")


class Driver(GatewaySwitch, PortPublisher):
    """Notes what it is asked; refuses what it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.refuses = ""

    async def set_default_route(self, endpoint: Endpoint, sandbox: Sandbox, *, preferred: bool) -> None:
        self._note(f"{'+' if preferred else '-'}{endpoint.network_id}:{','.join(map(str, endpoint.gateways))}")

    async def publish(self, network: NetworkSpec, endpoint: Endpoint, ports: tuple[PortBinding, ...]) -> Endpoint:
        self._note(f"publish {network.name} {len(ports)}")
        return cast(Endpoint, type("Made", (), {"ports": ports}))

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if self.refuses and call.startswith(self.refuses):
            raise Unavailable("refused")


class Catalog:
    def __init__(self) -> None:
        self.able, self.unable = Driver(), object()
        self.fixed: set[str] = set()
        self.options: dict[str, dict[str, str]] = {}

    def find(self, name: str) -> NetworkRecord:
        return network(name, FOUR, self.options.get(name, {}))

    def driver(self, record: NetworkRecord) -> object:
        return self.unable if record.name in self.fixed else self.able


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def gateways(catalog: Catalog) -> Gateways:
    return Gateways(cast(NetworkCatalog, catalog))


def network(
    name: str, via: tuple[str, ...] = FOUR, options: dict[str, str] | None = None, *, internal: bool = False
) -> NetworkRecord:
    subnets = tuple(SubnetConfig("fd00::/64" if ":" in gateway else "10.0.0.0/24", gateway=gateway) for gateway in via)
    config = NetworkCreate(name, driver="bridge", subnets=subnets, options=options or {}, internal=internal)
    return NetworkRecord(id=name, created_ns=0, config=config)


def endpoint(
    name: str, via: tuple[str, ...] = FOUR, routed: tuple[int, ...] = (), *, main: bool = False, **more: object
) -> EndpointRecord:
    config = more.pop("config", EndpointConfig())
    record = EndpointRecord(
        network_id=name, network=name, config=config, id=f"e-{name}", gateways=via, routed=routed, default_route=main
    )
    return replace(record, **more)


# Places -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("via", "others", "priority", "routes", "main"),
    [
        (FOUR, (), 0, {4}, True),
        (SIX, (), 0, {6}, True),
        (BOTH, (), 0, {4, 6}, True),
        ((), (), 0, {4}, True),
        (FOUR, (endpoint("a", routed=(4,), main=True),), 0, set(), False),
        (FOUR, (endpoint("z", routed=(4,), main=True),), 0, {4}, True),
        (FOUR, (endpoint("a", routed=(4,), main=True),), 1, {4}, True),
        (FOUR, (endpoint("z", routed=(4,), main=True, config=EndpointConfig(gw_priority=1)),), 0, set(), False),
        (BOTH, (endpoint("a", routed=(4,), main=True),), 0, {4, 6}, True),
        (FOUR, (endpoint("z", BOTH, (4, 6), main=True),), 0, set(), False),
        (SIX, (endpoint("a", routed=(4,), main=True),), 0, {6}, False),
        (SIX, (endpoint("z", SIX, (6,), main=True),), 0, {6}, True),
        (FOUR, (endpoint("a", SIX, (6,), main=True),), 0, {4}, True),
    ],
)
def test_a_network_that_is_joined_takes_what_is_free_or_of_lower_rank(
    gateways: Gateways, via: tuple[str, ...], others: tuple[EndpointRecord, ...], priority: int, routes: set[int], main: bool
) -> None:
    place = gateways.place(network("m", via), EndpointConfig(gw_priority=priority), others)
    assert (place.routes, place.gateway) == (routes, main)


def test_what_a_driver_cannot_give_up_is_not_taken(gateways: Gateways, catalog: Catalog) -> None:
    catalog.fixed.add("z")
    place = gateways.place(network("m"), EndpointConfig(), (endpoint("z", routed=(4,), main=True),))
    assert (place.routes, place.gateway) == (frozenset(), False)


def test_an_internal_network_is_no_way_out(gateways: Gateways) -> None:
    place = gateways.place(network("m", internal=True), EndpointConfig(), ())
    assert (place.routes, place.gateway) == (frozenset(), False)


# Making way -------------------------------------------------------------------------------------------------------------


async def test_routes_and_ports_are_taken_from_who_had_them_and_can_be_given_back(gateways: Gateways, catalog: Catalog) -> None:
    old = endpoint("z", BOTH, (4, 6), main=True, ports=PORTS)
    place = Place(network("m"), EndpointConfig(), gateway=True, routes=frozenset({4}))
    async with AsyncExitStack() as undo:
        (left,) = await gateways.make_way("c", (old,), place, HERE, undo)
        assert (left.routes, left.default_route, left.ports) == ({6}, False, ())
        assert catalog.able.calls == ["-z:10.0.0.1", "publish z 0"]
        catalog.able.calls.clear()
    assert catalog.able.calls == ["publish z 1", "+z:10.0.0.1"]


async def test_ports_that_are_routed_stay(gateways: Gateways, catalog: Catalog) -> None:
    catalog.options["z"] = {"com.docker.network.bridge.gateway_mode_ipv4": "routed"}
    old = endpoint("z", routed=(4,), main=True, ports=PORTS)
    place = Place(network("m"), EndpointConfig(), gateway=True, routes=frozenset({4}))
    async with AsyncExitStack() as undo:
        (left,) = await gateways.make_way("c", (old,), place, HERE, undo)
        undo.pop_all()
    assert left.ports == (PortBinding(80, host_ip="0.0.0.0", host_port=8080),)


async def test_one_version_is_taken_without_the_ports(gateways: Gateways, catalog: Catalog) -> None:
    old = endpoint("z", BOTH, (4, 6), main=True, ports=PORTS)
    place = Place(network("m", SIX), EndpointConfig(), routes=frozenset({6}))
    async with AsyncExitStack() as undo:
        (left,) = await gateways.make_way("c", (old,), place, HERE, undo)
        undo.pop_all()
    assert (left.routes, left.default_route, left.ports) == ({4}, True, PORTS)
    assert catalog.able.calls == ["-z:fd00::1"]


async def test_where_nothing_is_taken_nothing_is_asked(gateways: Gateways, catalog: Catalog) -> None:
    endpoints = (endpoint("a", routed=(4,), main=True, ports=PORTS),)
    async with AsyncExitStack() as undo:
        assert await gateways.make_way("c", endpoints, Place(network("m"), EndpointConfig()), HERE, undo) == endpoints
        assert await gateways.make_way("c", (), Place(network("m"), EndpointConfig(), gateway=True), HERE, undo) == ()
    assert catalog.able.calls == []


# Succession -------------------------------------------------------------------------------------------------------------


async def test_the_next_in_rank_inherits_routes_and_ports(gateways: Gateways, catalog: Catalog) -> None:
    left = (endpoint("b"), endpoint("a"), endpoint("six", SIX))
    b, a, six = await gateways.succeed("c", left, HERE, PORTS)
    assert (a.routes, a.default_route, a.ports) == ({4}, True, PORTS)
    assert (b.routes, b.default_route) == (frozenset(), False)
    assert (six.routes, six.default_route) == ({6}, False)
    assert catalog.able.calls == ["+a:10.0.0.1", "+six:fd00::1", "publish a 1"]


async def test_a_way_out_that_stays_keeps_its_routes(gateways: Gateways, catalog: Catalog) -> None:
    left = (endpoint("a"), endpoint("b", routed=(4,), main=True, ports=PORTS))
    assert await gateways.succeed("c", left, HERE, PORTS) == left
    assert catalog.able.calls == []


async def test_of_ipv6_alone_the_ports_go_by_ipv6(gateways: Gateways) -> None:
    (six,) = await gateways.succeed("c", (endpoint("six", SIX),), HERE, PORTS)
    assert (six.routes, six.default_route, six.ports) == ({6}, True, PORTS)


async def test_without_an_heir_there_is_no_way_out(gateways: Gateways, catalog: Catalog) -> None:
    catalog.fixed.add("fixed")
    left = (endpoint("fixed"), endpoint("internal", ()))
    assert await gateways.succeed("c", left, HERE, PORTS) == left
    assert await gateways.succeed("c", (), HERE, PORTS) == ()


@pytest.mark.parametrize(
    ("refuses", "expected", "said"),
    [
        ("+", (frozenset(), False, ()), "container 0123456789ab goes on without a gateway: refused"),
        ("publish", ({4}, True, ()), "container 0123456789ab goes on without its published ports: refused"),
    ],
)
async def test_what_cannot_be_done_is_logged_and_the_container_goes_on(
    gateways: Gateways, catalog: Catalog, caplog: pytest.LogCaptureFixture, refuses: str, expected: object, said: str
) -> None:
    catalog.able.refuses = refuses
    (left,) = await gateways.succeed(
        "0123456789abcdef", (endpoint("a", ports=PORTS if refuses == "publish" else ()),), HERE, (*PORTS, *PORTS)
    )
    assert (left.routes, left.default_route, left.ports) == expected
    assert said in [record.getMessage() for record in caplog.records]


# Ports ------------------------------------------------------------------------------------------------------------------


def test_which_ports_are_published() -> None:
    other = (PortBinding(443),)
    endpoints = (endpoint("a", ports=other), endpoint("b", main=True, ports=PORTS))
    assert published(endpoints) == (*other, *PORTS)
    assert published_by_main(endpoints) == PORTS
    assert published_by_main(endpoints[:1]) == published(()) == ()


ROUTED = {4: "com.docker.network.bridge.gateway_mode_ipv4", 6: "com.docker.network.bridge.gateway_mode_ipv6"}


@pytest.mark.parametrize(
    ("versions", "host_ip", "addresses"),
    [
        ((), "", []),
        ((4,), "", ["0.0.0.0"]),
        ((6,), "", ["::"]),
        ((4, 6), "", ["0.0.0.0", "::"]),
        ((4, 6), "127.0.0.1", ["0.0.0.0"]),
        ((4, 6), "::1", ["::"]),
        ((4,), "::1", []),
    ],
)
def test_a_network_that_routes_opens_ports_beside_the_main_way(
    versions: tuple[int, ...], host_ip: str, addresses: list[str]
) -> None:
    record = network("m", BOTH, {ROUTED[version]: "routed" for version in versions})
    found = routed_ports(record, [PortBinding(80, host_ip=host_ip, host_port=8080)])
    assert [(port.host_ip, port.host_port) for port in found] == [(address, 8080) for address in addresses]
