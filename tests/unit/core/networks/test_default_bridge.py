"""The network `bridge` follows the daemon's configuration, and keeps the address it had where that leaves it open."""

from ipaddress import ip_interface

import pytest
from pydantic import ValidationError

from core.defaults import BridgeDefaults
from core.networks.default_bridge import bridge_network, check_own_bridge
from core.networks.record import NetworkRecord
from sdk.engine.networks import SubnetConfig
from sdk.errors import InvalidArgument

CHOSEN = SubnetConfig("172.17.0.0/16", "172.17.0.1")
UNIQUE = SubnetConfig("fd12::/64", "fd12::1")


def subnets(defaults: BridgeDefaults, *present: str) -> list[tuple[str, str, str]]:
    network = bridge_network("bridge", defaults, [ip_interface(text) for text in present], lambda: CHOSEN, UNIQUE)
    return [(subnet.subnet, subnet.gateway, subnet.ip_range) for subnet in network.subnets]


@pytest.mark.parametrize(
    ("defaults", "present", "expected"),
    [
        ({}, [], ("172.17.0.0/16", "172.17.0.1", "")),
        ({}, ["10.1.2.3/24"], ("10.1.2.0/24", "10.1.2.3", "")),
        ({"bip": "10.5.0.9/16"}, ["10.1.2.3/24"], ("10.5.0.0/16", "10.5.0.9", "")),
        ({"bip": "10.5.0.9/16", "fixed_cidr": "10.5.1.0/24"}, [], ("10.5.0.0/16", "10.5.0.9", "10.5.1.0/24")),
        ({"fixed_cidr": "10.6.0.0/24"}, [], ("10.6.0.0/24", "10.6.0.1", "10.6.0.0/24")),
        ({"fixed_cidr": "10.6.0.128/25"}, ["10.6.0.2/24"], ("10.6.0.0/24", "10.6.0.2", "10.6.0.128/25")),
        ({"fixed_cidr": "10.6.0.0/16"}, ["10.6.0.2/24"], ("10.6.0.0/16", "10.6.0.2", "10.6.0.0/16")),
        ({"fixed_cidr": "10.6.0.0/16"}, ["10.7.0.2/24"], ("10.6.0.0/16", "10.6.0.1", "10.6.0.0/16")),
        (
            {"name": "own", "fixed_cidr": "10.6.0.128/25"},
            ["10.7.0.1/24", "10.6.0.1/24"],
            ("10.6.0.0/24", "10.6.0.1", "10.6.0.128/25"),
        ),
        ({"name": "own", "fixed_cidr": "10.6.0.0/16"}, ["10.7.0.2/24"], ("10.7.0.0/24", "10.7.0.2", "")),
    ],
)
def test_ipv4(defaults: dict[str, str], present: list[str], expected: tuple[str, str, str]) -> None:
    assert subnets(BridgeDefaults.model_validate(defaults), *present) == [expected]


@pytest.mark.parametrize(
    ("defaults", "present", "expected"),
    [
        ({}, ["fe80::1/64"], ("fd12::/64", "fd12::1", "")),
        ({}, ["fd12::5/64"], ("fd12::/64", "fd12::5", "")),
        ({"fixed_cidr_v6": "fdab::/64"}, [], ("fdab::/64", "fdab::1", "fdab::/64")),
        ({"bip6": "fdab::9/48", "fixed_cidr_v6": "fdab::/64"}, [], ("fdab::/48", "fdab::9", "fdab::/64")),
        ({"fixed_cidr_v6": "fe80::/64"}, ["fe80::7/64"], ("fe80::/64", "fe80::7", "fe80::/64")),
    ],
)
def test_ipv6(defaults: dict[str, str], present: list[str], expected: tuple[str, str, str]) -> None:
    made = subnets(BridgeDefaults.model_validate({"ipv6": True, **defaults}), *present)
    assert made == [("172.17.0.0/16", "172.17.0.1", ""), expected]


def test_a_range_outside_the_subnet_is_refused() -> None:
    for fields in ({"bip": "10.5.0.1/24", "fixed_cidr": "10.6.0.0/24"}, {"bip": "10.5.0.1/24", "fixed_cidr": "10.5.0.0/16"}):
        with pytest.raises(InvalidArgument):
            subnets(BridgeDefaults.model_validate(fields))
    own = BridgeDefaults(name="own", ipv6=True, fixed_cidr_v6="fdab::/64")
    with pytest.raises(InvalidArgument, match="outside any subnet implied by addresses on the user-managed default bridge"):
        subnets(own, "fdcd::1/64")


def test_options_are_the_drivers() -> None:
    defaults = BridgeDefaults(icc=False, masquerade=False, host_ip="127.0.0.1", mtu=1400, name="own")
    assert bridge_network("bridge", defaults, [], lambda: CHOSEN, UNIQUE).options == {
        "com.docker.network.bridge.default_bridge": "true",
        "com.docker.network.bridge.enable_icc": "false",
        "com.docker.network.bridge.enable_ip_masquerade": "false",
        "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1",
        "com.docker.network.bridge.name": "own",
        "com.docker.network.driver.mtu": "1400",
    }


def test_containers_may_route_by_another_router_than_the_bridge() -> None:
    defaults = BridgeDefaults(bip="10.5.0.1/24", default_gateway="10.5.0.254", ipv6=True, default_gateway_v6="fd12::fe")
    network = bridge_network("bridge", defaults, [], lambda: CHOSEN, UNIQUE)
    assert [(subnet.gateway, subnet.aux_addresses) for subnet in network.subnets] == [
        ("10.5.0.1", {"DefaultGatewayIPv4": "10.5.0.254"}),
        ("fd12::1", {"DefaultGatewayIPv6": "fd12::fe"}),
    ]
    spec = NetworkRecord(id="n", created_ns=0, config=network).spec()
    assert [(str(subnet.gateway), str(subnet.next_hop)) for subnet in spec.subnets] == [
        ("10.5.0.1", "10.5.0.254"),
        ("fd12::1", "fd12::fe"),
    ]


@pytest.mark.parametrize(
    ("router", "sentence"),
    [("192.0.2.1", "parent subnet 172.17.0.0/16 doesn't contain this address"), ("172.17.0.1", "Address already in use")],
)
def test_a_router_that_is_elsewhere_or_the_bridge_itself_is_refused(router: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument, match=sentence):
        bridge_network("bridge", BridgeDefaults(default_gateway=router), [], lambda: CHOSEN, UNIQUE)


def test_a_router_has_the_ip_version_of_its_setting() -> None:
    for fields in ({"default_gateway": "fd12::1"}, {"default_gateway_v6": "10.5.0.1"}, {"default_gateway": "nowhere"}):
        with pytest.raises(ValidationError):
            BridgeDefaults.model_validate(fields)


def test_the_administrators_bridge_must_be_there_and_be_one() -> None:
    check_own_bridge("own0", present=True)
    with pytest.raises(InvalidArgument, match="bridge device with non default name own0 must be created manually"):
        check_own_bridge("own0", present=None)
    with pytest.raises(InvalidArgument, match="existing interface own0 is not a bridge"):
        check_own_bridge("own0", present=False)
