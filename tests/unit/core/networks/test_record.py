"""Networks and endpoints as they are kept."""

from ipaddress import ip_address, ip_interface, ip_network

import msgspec
import pytest

from core.networks.record import EndpointRecord, NetworkRecord, by_versions, endpoint_record
from sdk.drivers.network import Endpoint, PortBinding, Subnet
from sdk.engine.config import EndpointConfig
from sdk.engine.networks import NetworkCreate, SubnetConfig

FOUR, SIX = SubnetConfig("10.0.0.0/24", gateway="10.0.0.1"), SubnetConfig("fd00::/64", gateway="fd00::1")
MADE = Endpoint(
    "e", "n", "c", "eth0", "02:00:00:00:00:01", (ip_interface("10.0.0.2/24"), ip_interface("fd00::2/64")),
    (ip_address("10.0.0.1"), ip_address("fd00::1")), (PortBinding(80, host_port=8080),), "veth0",
)  # fmt: skip


def network(driver: str = "bridge", *subnets: SubnetConfig, name: str = "n", **options: object) -> NetworkRecord:
    return NetworkRecord(id="n", created_ns=0, config=NetworkCreate(name, driver=driver, subnets=subnets, **options))


@pytest.mark.parametrize(
    ("record", "versions"),
    [
        (network(), {4}),
        (network("bridge", FOUR), {4}),
        (network("bridge", SIX), {6}),
        (network("bridge", FOUR, SIX), {4, 6}),
        (network("bridge", SubnetConfig("10.0.0.0/24"), SIX), {6}),
        (network("bridge", FOUR, internal=True), set()),
        (network("host"), set()),
        (network("null"), set()),
    ],
)
def test_which_versions_lead_out(record: NetworkRecord, versions: set[int]) -> None:
    assert record.gateway_versions == versions


@pytest.mark.parametrize(("name", "expected"), [("bridge", True), ("host", True), ("none", True), ("app", False)])
def test_three_networks_are_always_there(name: str, expected: bool) -> None:
    assert network(name=name).predefined is expected


def test_a_configuration_has_no_subnets() -> None:
    assert network("bridge", FOUR, SIX).cidrs == (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))
    assert network("bridge", FOUR, config_only=True).cidrs == ()


def test_a_driver_sees_values_in_place_of_texts() -> None:
    routed = SubnetConfig("10.0.0.0/24", gateway="10.0.0.1", aux_addresses={"DefaultGatewayIPv4": "10.0.0.254", "x": "10.0.0.9"})
    spec = network("bridge", routed, SubnetConfig("fd00::/64"), options={"a": "b"}, internal=True, ipv6=True).spec()
    assert spec.subnets == (
        Subnet(ip_network("10.0.0.0/24"), ip_address("10.0.0.1"), ip_address("10.0.0.254")),
        Subnet(ip_network("fd00::/64"), None, None),
    )
    assert (spec.id, spec.name, dict(spec.options), spec.internal, spec.ipv6) == ("n", "n", {"a": "b"}, True, True)


def test_an_endpoint_is_kept_and_given_back_as_it_was_made() -> None:
    record = endpoint_record(network(), EndpointConfig(), MADE, default_route=True, routes=frozenset({6, 4}))
    again = msgspec.json.decode(msgspec.json.encode(record), type=EndpointRecord)
    assert again.endpoint("c") == MADE
    assert (again.default_route, again.routed, again.gateway_versions) == (True, (4, 6), {4, 6})


@pytest.mark.parametrize(
    ("routed", "main", "routes"),
    [((4,), False, {4}), ((), True, set()), (None, True, {4, 6}), (None, False, set()), ((4, 6), True, {4, 6})],
)
def test_records_of_earlier_releases_do_not_say_which_routes(routed: tuple[int, ...] | None, main: bool, routes: set[int]) -> None:
    record = EndpointRecord(
        network_id="n",
        network="n",
        config=EndpointConfig(),
        id="e",
        gateways=("10.0.0.1", "fd00::1"),
        routed=routed,
        default_route=main,
    )
    assert record.routes == routes


@pytest.mark.parametrize(
    ("versions", "left"), [({4}, ["10.0.0.1"]), ({6}, ["fd00::1"]), ({4, 6}, ["10.0.0.1", "fd00::1"]), (set(), [])]
)
def test_gateways_of_some_versions(versions: set[int], left: list[str]) -> None:
    found = by_versions(MADE, frozenset(versions))
    assert [str(gateway) for gateway in found.gateways] == left
    assert found.addresses == MADE.addresses
