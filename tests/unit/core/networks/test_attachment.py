"""Endpoints as clients see them."""

import pytest

from core.networks.attachment import attachment_of, member_of
from core.networks.record import EndpointRecord
from sdk.engine.config import EndpointConfig
from sdk.engine.networks import NetworkMember

FOUR, SIX = "10.0.0.2/24", "fd00::2/64"


def endpoint(*addresses: str, gateways: tuple[str, ...] = ()) -> EndpointRecord:
    return EndpointRecord(
        network_id="n", network="net", config=EndpointConfig(), id="e", mac_address="02::1", addresses=addresses, gateways=gateways
    )


@pytest.mark.parametrize(
    ("addresses", "four", "six"),
    [
        ((), ("", 0), ("", 0)),
        ((FOUR,), ("10.0.0.2", 24), ("", 0)),
        ((SIX,), ("", 0), ("fd00::2", 64)),
        ((SIX, FOUR, "10.0.0.3/24", "fd00::3/64"), ("10.0.0.2", 24), ("fd00::2", 64)),
    ],
)
def test_the_first_address_of_each_version_is_shown(
    addresses: tuple[str, ...], four: tuple[str, int], six: tuple[str, int]
) -> None:
    found = attachment_of(endpoint(*addresses), ("web",))
    assert (found.ipv4_address, found.ipv4_prefix) == four
    assert (found.ipv6_address, found.ipv6_prefix) == six
    assert (found.network_id, found.endpoint_id, found.mac_address, found.dns_names) == ("n", "e", "02::1", ("web",))


@pytest.mark.parametrize(
    ("gateways", "four", "six"),
    [((), "", ""), (("10.0.0.1",), "10.0.0.1", ""), (("fd00::1", "10.0.0.1"), "10.0.0.1", "fd00::1")],
)
def test_gateways_by_version(gateways: tuple[str, ...], four: str, six: str) -> None:
    found = attachment_of(endpoint(FOUR, SIX, gateways=gateways), ())
    assert (found.ipv4_gateway, found.ipv6_gateway) == (four, six)


def test_a_network_lists_its_members_with_their_prefixes() -> None:
    assert member_of("c", "web", endpoint(FOUR, SIX)) == NetworkMember("c", "web", "e", "02::1", "10.0.0.2/24", "fd00::2/64")
    assert member_of("c", "web", endpoint()) == NetworkMember("c", "web", "e", "02::1", "", "")
