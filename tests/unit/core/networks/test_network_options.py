"""What a network's options say."""

from collections.abc import Mapping

import pytest

from core.networks.network_options import check_ip_versions, with_ip_versions
from sdk.drivers.network import ExternalNetworks
from sdk.engine.networks import NetworkCreate
from sdk.errors import InvalidArgument
from sdk.testing.network_driver import PaperNetworkDriver

FOUR, SIX = "com.docker.network.enable_ipv4", "com.docker.network.enable_ipv6"


@pytest.mark.parametrize(
    ("asked", "options", "defaults", "versions", "left"),
    [
        ((None, None), {}, {}, (True, False), {}),
        ((None, None), {}, {FOUR: "false", SIX: "1"}, (False, True), {FOUR: "false", SIX: "1"}),
        ((True, False), {}, {FOUR: "false", SIX: "true"}, (True, False), {}),
        ((None, True), {FOUR: "0"}, {FOUR: "true"}, (False, True), {FOUR: "0"}),
        ((True, None), {SIX: "T", "a": "b"}, {"c": "d"}, (True, True), {SIX: "T", "a": "b", "c": "d"}),
    ],
)
def test_ip_versions_are_as_the_client_says_or_its_options_or_the_daemons(asked, options, defaults, versions, left):
    found = with_ip_versions(NetworkCreate("n", ipv4=asked[0], ipv6=asked[1], options=options), defaults)
    assert ((found.ipv4, found.ipv6), found.options) == (versions, left)


def test_what_is_no_ip_version():
    with pytest.raises(InvalidArgument, match=f'driver-opt "{SIX}" is not a valid bool'):
        with_ip_versions(NetworkCreate("n", ipv6=None, options={SIX: "maybe"}), {})
    with pytest.raises(InvalidArgument, match="IPv4 or IPv6 must be enabled"):
        check_ip_versions(with_ip_versions(NetworkCreate("n", ipv4=False), {}), PaperNetworkDriver())
    check_ip_versions(with_ip_versions(NetworkCreate("n", ipv4=False), {}), ExternalPaper())


class ExternalPaper(PaperNetworkDriver, ExternalNetworks):
    async def is_secluded(self, options: Mapping[str, str]) -> bool:
        return not options
