"""What a client may ask of a network's subnets."""

import pytest

from core.networks.ipam_rules import check_subnets
from sdk.engine.networks import SubnetConfig
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("subnet", "faults"),
    [
        (SubnetConfig("10.1.0.5/16"), ["invalid subnet 10.1.0.5/16: it should be 10.1.0.0/16"]),
        (
            SubnetConfig("10.1.0.0/16", gateway="10.2.0.1"),
            ["invalid gateway 10.2.0.1: parent subnet 10.1.0.0/16 doesn't contain this address"],
        ),
        (SubnetConfig("10.1.0.0/16", gateway="fd00::1"), ["invalid gateway fd00::1: parent subnet is an IPv4 block"]),
        (
            SubnetConfig("", gateway="10.2.0.1"),
            ["invalid gateway 10.2.0.1: parent subnet invalid Prefix doesn't contain this address"],
        ),
        (
            SubnetConfig("10.1.0.0/16", ip_range="10.2.0.0/24"),
            ["invalid ip-range 10.2.0.0/24: parent subnet 10.1.0.0/16 doesn't contain ip-range"],
        ),
        (
            SubnetConfig("10.1.0.0/16", ip_range="10.0.0.0/8"),
            ["invalid ip-range 10.0.0.0/8: CIDR block is bigger than its parent subnet 10.1.0.0/16"],
        ),
        (SubnetConfig("10.1.0.0/16", ip_range="10.1.7.7/24"), ["invalid ip-range 10.1.7.7/24: it should be 10.1.7.0/24"]),
        (SubnetConfig("fd00::/64", ip_range="10.1.7.0/24"), ["invalid ip-range 10.1.7.0/24: parent subnet is an IPv6 block"]),
        (
            SubnetConfig("10.1.0.0/16", aux_addresses={"a": "10.2.0.1", "b": "fd00::1", "c": "10.1.0.9"}),
            [
                "invalid auxiliary address a: parent subnet 10.1.0.0/16 doesn't contain this address",
                "invalid auxiliary address b: parent subnet is an IPv4 block",
            ],
        ),
    ],
)
def test_what_does_not_go_together_is_refused_all_at_once(subnet, faults):
    with pytest.raises(InvalidArgument) as refused:
        check_subnets([SubnetConfig("10.9.0.0/24"), subnet], ipv6=True)
    listed = faults[0] if len(faults) == 1 else "\n".join(f"* {fault}" for fault in faults)
    assert refused.value.message == f"invalid network config:\n{listed}"


@pytest.mark.parametrize(
    "subnet",
    [
        SubnetConfig("ten"),
        SubnetConfig("10.1.0.0/16", gateway="zzz"),
        SubnetConfig("10.1.0.0/16", ip_range="zzz"),
        SubnetConfig("10.1.0.0/16", aux_addresses={"a": "zzz"}),
    ],
)
def test_what_cannot_be_read_is_refused(subnet):
    with pytest.raises(InvalidArgument, match="invalid JSON: "):
        check_subnets([subnet], ipv6=False)


def test_subnets_are_kept_in_the_usual_notation_and_those_of_ipv6_only_with_it():
    wanted = [
        SubnetConfig("FD00::/64", "fd00:0::1", aux_addresses={"a": "fd00::0:2"}),
        SubnetConfig("10.1.0.0/16", aux_addresses={"empty": ""}),
    ]
    four = SubnetConfig("10.1.0.0/16")
    assert check_subnets(wanted, ipv6=True) == (SubnetConfig("fd00::/64", "fd00::1", aux_addresses={"a": "fd00::2"}), four)
    assert check_subnets(wanted, ipv6=False) == (four,)
