"""A daemon killed while it makes or removes a network leaves no bridge that is not known again."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
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
from tests.killed import killed_at_every_call

pytestmark = pytest.mark.privileged

ID = "0123456789ab" + 52 * "0"
NETWORK = NetworkSpec(ID, "lost", (Subnet(ip_network("172.30.0.0/24"), ip_address("172.30.0.1")),), ipv6=False)
OPTIONS = parse(NETWORK, BridgeSettings())
INSTANCE = "c0ffee12"


@contextmanager
def _bridges() -> Iterator[Bridges]:
    with closing(RouteSocket()) as route:
        yield Bridges(route, INSTANCE)


def _make() -> None:
    with _bridges() as bridges:
        bridges.ensure(NETWORK, OPTIONS)


def _known() -> set[str]:
    return {trace.name for trace in links(Territory(Path("/data"), Path("/run"), INSTANCE))}


def test_a_bridge_is_marked_whenever_its_maker_is_killed() -> None:
    present = []
    before = link_names()
    for _ in killed_at_every_call(_make):
        made = link_names() - before
        with _bridges() as bridges:
            assert {link.name for link in bridges.mine()} == made
            assert _known() == made
            present.append(bool(made))
            bridges.remove(OPTIONS.bridge)
    assert set(present) == {False, True}


def test_a_bridge_that_was_left_is_taken_over() -> None:
    for _ in killed_at_every_call(_make):
        with _bridges() as bridges:
            bridges.ensure(NETWORK, OPTIONS)
            assert [link.name for link in bridges.mine()] == [OPTIONS.bridge]
            bridges.remove(OPTIONS.bridge)
