from ipaddress import ip_network
from itertools import islice
from random import Random

import pytest

from core.networks.addressing.subnets import choose_bridge_subnet, choose_subnets, free_subnet, unique_local_pool, usable
from sdk.engine.networks import SubnetConfig
from sdk.errors import InvalidArgument, PermissionDenied, ResourceExhausted


def nets(*texts: str) -> list:
    return [ip_network(text) for text in texts]


def test_the_default_bridge_is_dockers_unless_the_host_routes_there():
    assert choose_bridge_subnet([]).subnet == "172.17.0.0/16"
    assert choose_bridge_subnet([]).gateway == "172.17.0.1"
    assert choose_bridge_subnet(nets("172.17.4.0/24", "172.18.0.0/15")).subnet == "172.20.0.0/16"


def test_an_open_subnet_avoids_networks_and_host_routes():
    (chosen,) = choose_subnets([SubnetConfig()], nets("172.17.0.0/16", "172.18.0.0/24"), nets("172.18.1.0/25"))
    assert (chosen.subnet, chosen.gateway) == ("172.18.2.0/24", "172.18.2.1")


def test_two_open_subnets_of_one_network_differ():
    first, second = choose_subnets([SubnetConfig(), SubnetConfig()], [], [])
    assert first.subnet != second.subnet


def test_open_subnets_can_run_out():
    with pytest.raises(ResourceExhausted, match="could not find an available, non-overlapping IPv4 address pool"):
        choose_subnets([SubnetConfig()], [], nets("172.16.0.0/12", "192.168.0.0/16"))


def test_a_chosen_subnet_may_lie_on_a_host_route_but_not_on_a_network():
    assert choose_subnets([SubnetConfig("10.1.0.0/16")], [], nets("10.0.0.0/8"))[0].gateway == "10.1.0.1"
    with pytest.raises(PermissionDenied, match="Pool overlaps with other one on this address space"):
        choose_subnets([SubnetConfig("10.1.0.0/16")], nets("10.1.2.0/24"), [])


def test_an_auxiliary_address_is_not_the_gateway():
    with pytest.raises(InvalidArgument, match=r"failed to allocate secondary ip address \(a:10\.1\.0\.9\): Address already in use"):
        choose_subnets([SubnetConfig("10.1.0.0/16", gateway="10.1.0.9", aux_addresses={"a": "10.1.0.9"})], [], [])


def test_the_gateway_lies_in_the_range_and_is_no_auxiliary_address():
    request = SubnetConfig("10.1.0.0/16", ip_range="10.1.5.0/24", aux_addresses={"router": "10.1.5.0"})
    assert choose_subnets([request], [], [])[0].gateway == "10.1.5.1"


def test_ipv6_subnets_come_from_a_pool_that_follows_from_the_engines_identity() -> None:
    assert unique_local_pool("") == (ip_network("fd42:98fc:1c14::/48"), 64)
    assert unique_local_pool("499d4bc0-b0b3-416f-b1ee-cf6486315593") == (ip_network("fd62:fb69:18af::/48"), 64)


def test_an_unspecified_address_names_but_a_size():
    request = SubnetConfig("0.0.0.0/28")
    first, second = choose_subnets([request, request], [], [])
    assert (first.subnet, second.subnet) == ("172.18.0.0/28", "172.18.0.16/28")
    with pytest.raises(ResourceExhausted):
        choose_subnets([SubnetConfig("0.0.0.0/8")], [], [])


def test_a_network_without_gateway_has_all_of_a_pair_of_addresses():
    (pair,) = choose_subnets([SubnetConfig("192.168.135.0/31")], [], [], without_gateway={4})
    assert pair == SubnetConfig("192.168.135.0/31")
    assert usable(ip_network(pair.subnet), ip_network(pair.subnet)) == (0xC0A88700, 0xC0A88701)
    (named,) = choose_subnets([SubnetConfig("10.1.0.0/24", gateway="10.1.0.9")], [], [], without_gateway={4})
    assert named.gateway == "10.1.0.9", "one that a client names is kept"


@pytest.mark.parametrize("seed", range(20))
def test_the_first_gap_is_taken_whatever_lies_around_it(seed: int):
    dice = Random(seed)
    pool, prefix = ip_network("10.0.0.0/22"), dice.choice((24, 26, 28))
    taken = [ip_network((dice.randrange(0x0A000000 - 300, 0x0A000400), dice.randrange(21, 33)), strict=False) for _ in range(12)]
    first = next((wanted for wanted in pool.subnets(new_prefix=prefix) if not any(map(wanted.overlaps, taken))), None)
    if first is None:
        with pytest.raises(ResourceExhausted):
            free_subnet(((pool, prefix),), taken)
    else:
        assert free_subnet(((pool, prefix),), taken) == first


def test_a_pool_that_is_nearly_full_costs_no_search():
    pool = ip_network("fd00::/48")
    taken = list(islice(pool.subnets(new_prefix=64), 5000))
    assert free_subnet(((pool, 64),), taken, 6) == ip_network("fd00:0:0:1388::/64")
