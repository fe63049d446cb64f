"""Which network a mode stands for, and whose namespaces it means."""

import pytest

from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode, network_named


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("", NetworkMode()),
        ("bridge", NetworkMode()),
        ("host", NetworkMode(NetworkKind.HOST)),
        ("none", NetworkMode(NetworkKind.NONE)),
        ("web", NetworkMode(name="web")),
    ],
)
def test_a_name_is_that_of_a_network_everywhere_or_a_users(name: str, mode: NetworkMode) -> None:
    assert network_named(name) == mode
    assert mode.network == (name or "bridge")


def test_what_is_joined_is_on_no_network_of_its_own() -> None:
    joined = NetworkMode(NetworkKind.CONTAINER, container="x")
    assert (joined.network, joined.joins, joined.is_host, joined.is_default_bridge) == ("", True, False, False)
    assert NetworkMode().is_default_bridge
    assert NetworkMode(NetworkKind.HOST).is_host


@pytest.mark.parametrize("kind", NamespaceKind)
def test_a_namespace_is_the_hosts_or_anothers(kind: NamespaceKind) -> None:
    mode = NamespaceMode(kind)
    assert (mode.is_host, mode.joins) == (kind == "host", kind == "container")
