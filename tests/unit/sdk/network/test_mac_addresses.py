"""The MAC address that goes with IP addresses, as Docker chooses it."""

from ipaddress import ip_interface

import pytest

from sdk.network.mac_addresses import mac_for


@pytest.mark.parametrize(
    ("addresses", "mac"),
    [
        (["172.17.0.2/16"], "02:42:ac:11:00:02"),
        (["255.255.255.255/32"], "02:42:ff:ff:ff:ff"),
        (["fd00::2/64", "10.0.0.1/8"], "02:42:0a:00:00:01"),
        (["10.0.0.1/8", "10.0.0.2/8"], "02:42:0a:00:00:01"),
    ],
)
def test_it_is_of_the_first_ipv4_address(addresses: list[str], mac: str) -> None:
    assert mac_for([ip_interface(text) for text in addresses]) == mac


def test_with_ipv6_alone_it_follows_from_the_address_and_differs_with_it() -> None:
    one, other = mac_for([ip_interface("fd00::2/64")]), mac_for([ip_interface("fd00::3/64")])
    assert one == mac_for([ip_interface("fd00::2/80")])
    assert one != other
    assert one.startswith("02:42:")
    assert len(mac_for([])) == len(one)
