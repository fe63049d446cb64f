"""What the kernel tells about the links of a network namespace."""

import subprocess

import pytest

from core.networks.addressing.bridge_addresses import is_bridge
from tests.network import NetworkNamespace

pytestmark = pytest.mark.privileged


def test_a_bridge_is_told_from_other_links_and_from_none(network: NetworkNamespace) -> None:
    for words in (
        ["own0", "type", "bridge"],
        ["pair0", "type", "veth", "peer", "name", "pair1"],
        ["fifteen-letters", "type", "bridge"],
    ):
        subprocess.run(network.command(["ip", "link", "add", *words]), check=True)
    with network.entered():
        told = {
            name: is_bridge(name)
            for name in ("own0", "fifteen-letters", "pair0", "lo", "none0", "a-name-of-sixteen", "", "own0\0x")
        }
    assert told == {
        "own0": True,
        "fifteen-letters": True,
        "pair0": False,
        "lo": False,
        "none0": None,
        "a-name-of-sixteen": None,
        "": None,
        "own0\0x": None,
    }
