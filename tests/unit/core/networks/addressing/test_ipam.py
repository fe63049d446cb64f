from ipaddress import ip_address

import pytest

from core.networks.addressing.ipam import AddressPool, NetworkAddresses
from sdk.engine.networks import SubnetConfig, SubnetUsage
from sdk.errors import InvalidArgument, PermissionDenied, ResourceExhausted


def addresses(*subnets: SubnetConfig) -> NetworkAddresses:
    return NetworkAddresses("net (id)", subnets)


def test_the_lowest_free_address_is_given_first():
    pool = AddressPool(SubnetConfig("10.0.0.0/29", "10.0.0.1"))
    assert pool.claim(ip_address("10.0.0.4"))
    given = [pool.allocate() for _ in range(4)]
    assert [str(address) for address in given] == ["10.0.0.2", "10.0.0.3", "10.0.0.5", "10.0.0.6"]
    assert pool.allocate() is None
    for text in ("10.0.0.5", "10.0.0.3", "10.0.0.3", "10.0.0.7", "10.0.0.0"):
        pool.release(ip_address(text))
    assert [str(pool.allocate()) for _ in range(2)] == ["10.0.0.3", "10.0.0.5"]
    assert pool.allocate() is None
    pool.release(ip_address("10.0.0.4"))
    assert str(pool.allocate()) == "10.0.0.4"


def test_a_released_address_outside_the_range_is_not_given():
    pool = AddressPool(SubnetConfig("10.0.0.0/16", "10.0.0.1", ip_range="10.0.9.0/31"))
    for text in ("10.0.8.255", "10.0.9.2"):
        assert pool.claim(ip_address(text))
        pool.release(ip_address(text))
    assert [str(pool.allocate()) for _ in range(3)] == ["10.0.9.0", "10.0.9.1", "None"]


def test_gateway_and_auxiliary_addresses_are_never_given():
    pool = AddressPool(SubnetConfig("10.0.0.0/29", "10.0.0.3", aux_addresses={"x": "10.0.0.1"}))
    assert [str(pool.allocate()) for _ in range(4)] == ["10.0.0.2", "10.0.0.4", "10.0.0.5", "10.0.0.6"]


def test_a_range_limits_the_choice_but_not_wishes():
    given = addresses(SubnetConfig("10.0.0.0/16", "10.0.0.1", ip_range="10.0.9.0/30"))
    assert [str(given.allocate()[0]) for _ in range(4)] == ["10.0.9.0", "10.0.9.1", "10.0.9.2", "10.0.9.3"]
    assert [str(address) for address in given.allocate([ip_address("10.0.0.77")])] == ["10.0.0.77"]
    with pytest.raises(ResourceExhausted, match=r"no available IPv4 addresses on this network's address pools: net \(id\)"):
        given.allocate()


def test_one_address_of_each_version():
    given = addresses(SubnetConfig("fd00::/64", "fd00::1"), SubnetConfig("10.0.0.0/24", "10.0.0.1"))
    assert [str(address) for address in given.allocate()] == ["10.0.0.2", "fd00::2"]
    assert [str(address) for address in given.allocate([ip_address("fd00::99")])] == ["10.0.0.3", "fd00::99"]
    assert given.prefix(ip_address("fd00::99")) == 64


def test_a_wish_that_cannot_be_met_takes_nothing():
    given = addresses(SubnetConfig("10.0.0.0/24", "10.0.0.1"), SubnetConfig("fd00::/64", "fd00::1"))
    with pytest.raises(PermissionDenied, match="Address already in use"):
        given.allocate([ip_address("fd00::5"), ip_address("10.0.0.1")])
    with pytest.raises(InvalidArgument, match="It does not belong to any of this network's subnets"):
        given.allocate([ip_address("fd00::5"), ip_address("10.9.0.1")])
    given.claim(ip_address("fd00::5"))


def test_how_much_is_in_use():
    """The subnet's own addresses, the gateway and auxiliary ones count; outside the range they take nothing from it."""
    four = AddressPool(
        SubnetConfig(
            "192.168.0.0/24",
            "192.168.0.1",
            ip_range="192.168.0.64/31",
            aux_addresses={"in": "192.168.0.65", "out": "192.168.0.128"},
        )
    )
    assert four.usage() == SubnetUsage("192.168.0.0/24", 5, 1)
    first = four.allocate()
    assert str(first) == "192.168.0.64"
    assert four.claim(ip_address("192.168.0.129"))
    assert four.usage() == SubnetUsage("192.168.0.0/24", 7, 0)
    four.release(first)
    assert four.usage() == SubnetUsage("192.168.0.0/24", 6, 1)
    six = AddressPool(SubnetConfig("2001:db8::/56", "2001:db8::1"))
    assert six.usage() == SubnetUsage("2001:db8::/56", 2, 2**72 - 2)
    assert AddressPool(SubnetConfig("10.0.0.0/31", "10.0.0.0")).usage() == SubnetUsage("10.0.0.0/31", 1, 1)
