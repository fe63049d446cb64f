"""A daemon killed while it makes or removes a network leaves no bridge that is not known again."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from core.host.traces import Territory, links
from plugins.net_bridge.bridges import Bridges
from plugins.net_bridge.kernel.rtnetlink import RouteSocket
from plugins.net_bridge.options import parse
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import NetworkSpec, Subnet
from sdk.linux.links import link_names
from sdk.testing.netns import private_network
from tests.killed import killed_at_every_call

pytestmark = pytest.mark.privileged

ID = "0123456789ab" + 52 * "0"
NETWORK = NetworkSpec(ID, "lost", (Subnet(ip_network("172.30.0.0/24"), ip_address("172.30.0.1")),), ipv6=False)
OPTIONS = parse(NETWORK, BridgeSettings())
INSTANCE = "c0ffee12"


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


def _bridges() -> Bridges:
    return Bridges(RouteSocket(), INSTANCE)


def _known() -> set[str]:
    return {trace.name for trace in links(Territory(Path("/data"), Path("/run"), INSTANCE))}


def test_a_bridge_is_marked_whenever_its_maker_is_killed() -> None:
    present = []
    before = link_names()
    for _ in killed_at_every_call(lambda: _bridges().ensure(NETWORK, OPTIONS)):
        made = link_names() - before
        assert {link.name for link in _bridges().mine()} == made
        assert _known() == made
        present.append(bool(made))
        _bridges().remove(OPTIONS.bridge)
    assert set(present) == {False, True}


def test_a_bridge_that_was_left_is_taken_over() -> None:
    for _ in killed_at_every_call(lambda: _bridges().ensure(NETWORK, OPTIONS)):
        _bridges().ensure(NETWORK, OPTIONS)
        assert [link.name for link in _bridges().mine()] == [OPTIONS.bridge]
        _bridges().remove(OPTIONS.bridge)
