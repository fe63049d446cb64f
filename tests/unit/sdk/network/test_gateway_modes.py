"""Of which IP versions a bridge network has a gateway, and which are routed."""

import pytest

from sdk.network.gateway_modes import routed_versions, versions_of_mode, without_gateway

BRIDGE = "com.docker.network.bridge."


@pytest.mark.parametrize(
    ("options", "versions"),
    [
        ({}, set()),
        ({BRIDGE + "gateway_mode_ipv6": "isolated", BRIDGE + "gateway_mode_ipv4": "nat"}, {6}),
        ({BRIDGE + "inhibit_ipv4": "true"}, {4}),
        ({BRIDGE + "inhibit_ipv4": "false"}, set()),
    ],
)
def test_which_versions_take_no_address_for_a_gateway(options, versions):
    assert without_gateway(options) == versions


def test_which_versions_are_routed():
    assert routed_versions({BRIDGE + "gateway_mode_ipv6": "routed", BRIDGE + "gateway_mode_ipv4": "nat-unprotected"}) == {6}


@pytest.mark.parametrize(("mode", "versions"), [("routed", {6}), ("nat-unprotected", {4}), ("isolated", set()), ("nat", set())])
def test_the_versions_of_a_mode(mode, versions):
    options = {BRIDGE + "gateway_mode_ipv6": "routed", BRIDGE + "gateway_mode_ipv4": "nat-unprotected"}
    assert versions_of_mode(options, mode) == versions
