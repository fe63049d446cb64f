"""Addresses as clients write them."""

from ipaddress import ip_address, ip_network

import pytest

from core.networks.addressing.addresses import parse_address, parse_mac, parse_prefix
from sdk.errors import InvalidArgument


def test_what_is_an_address():
    assert parse_address("10.0.0.1") == ip_address("10.0.0.1")
    assert parse_address("FD00::0:1") == ip_address("fd00::1")
    assert parse_address("::ffff:10.0.0.1") == ip_address("10.0.0.1")
    assert parse_prefix("10.1.2.3/16") == (ip_network("10.1.0.0/16"), True)
    assert parse_prefix("fd00::/8") == (ip_network("fd00::/8"), False)
    assert parse_mac("02-42-AC-11-00-07") == parse_mac("0242.ac11.0007") == "02:42:ac:11:00:07"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("zzz", "unable to parse IP"),
        ("", "unable to parse IP"),
        ("10.0.0", "IPv4 address too short"),
        ("10.0.0.0.1", "IPv4 address too long"),
        ("10.0.0.256", "IPv4 field has value >255"),
        ("10.0.0.9999999999", "IPv4 field has value >255"),
        ("10.0.0.01", "IPv4 field has octet with leading zero"),
        ("10.0.0.x", "unexpected character"),
        ("1::2::3", "unable to parse IP"),
        ("%eth0", "missing IPv6 address"),
        ("fe80::1%eth0", "zones are not allowed here"),
        ("10.0.0.1/8", "unexpected character"),
        ("٣.1.1.1", "unexpected character"),
    ],
)
def test_what_is_no_address(text, fault):
    with pytest.raises(InvalidArgument) as refused:
        parse_address(text)
    assert refused.value.message == f'invalid JSON: ParseAddr("{text}"): {fault}'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("10.0.0.0", "no '/'"),
        ("", "no '/'"),
        ("x/8", 'ParseAddr("x"): unable to parse IP'),
        ("10.0.0.0/33", "prefix length out of range"),
        ("10.0.0.0/99999999999", "prefix length out of range"),
        ("10.0.0.0/08", 'bad bits after slash: "08"'),
        ("10.0.0.0/-1", 'bad bits after slash: "-1"'),
        ("10.0.0.0/", 'bad bits after slash: ""'),
        ("10.0.0.0/255.0.0.0", 'bad bits after slash: "255.0.0.0"'),
        ("fd00::/129", "prefix length out of range"),
    ],
)
def test_what_is_no_subnet(text, fault):
    with pytest.raises(InvalidArgument) as refused:
        parse_prefix(text)
    assert refused.value.message == f'invalid JSON: netip.ParsePrefix("{text}"): {fault}'


@pytest.mark.parametrize(
    "text", ["", "02:42", "02:42:ac:11:00:0g", "02:42-ac:11:00:07:08", "02:42:ac:11:00:07:08:09", " 02:42:ac:11:00:07"]
)
def test_what_is_no_mac_address(text):
    with pytest.raises(InvalidArgument) as refused:
        parse_mac(text)
    assert refused.value.message == f"invalid JSON: address {text}: invalid MAC address"
