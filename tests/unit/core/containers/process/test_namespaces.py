"""Namespaces a container gets: new, joined, or the host's."""

import pytest

from core.containers.process.namespaces import SharedNamespaces, container_namespaces, shares_cgroups
from sdk.engine.config import HostConfig
from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode

HOST, PRIVATE = NamespaceMode(NamespaceKind.HOST), NamespaceMode(NamespaceKind.PRIVATE)


def kinds(host: HostConfig, shared: SharedNamespaces | None = None, version: int = 2) -> dict[str, str]:
    return {each.type: each.path for each in container_namespaces(host, shared or SharedNamespaces(), version)}


def test_all_are_new_by_default() -> None:
    assert kinds(HostConfig()) == {"mount": "", "network": "", "uts": "", "pid": "", "ipc": "", "cgroup": ""}


def test_those_of_the_host_are_left_out() -> None:
    host = HostConfig(network_mode=NetworkMode(NetworkKind.HOST), uts_mode=HOST, pid_mode=HOST, ipc_mode=HOST, cgroupns_mode=HOST)
    assert kinds(host) == {"mount": ""}
    assert kinds(host, SharedNamespaces("/n", "/p", "/i", "/u")) == {"mount": ""}


def test_those_of_others_are_joined_by_their_paths() -> None:
    assert kinds(HostConfig(), SharedNamespaces("/n", "/p", "/i", "/u")) == {
        "mount": "", "network": "/n", "uts": "/u", "pid": "/p", "ipc": "/i", "cgroup": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "version", "shares"),
    [
        (NamespaceMode(), 2, False),
        (NamespaceMode(), 1, True),
        (PRIVATE, 1, False),
        (PRIVATE, 2, False),
        (HOST, 1, True),
        (HOST, 2, True),
    ],
)
def test_control_groups_are_private_by_default_on_version_2_alone(mode: NamespaceMode, version: int, shares: bool) -> None:
    assert shares_cgroups(HostConfig(cgroupns_mode=mode), version) is shares
    assert ("cgroup" in kinds(HostConfig(cgroupns_mode=mode), version=version)) is not shares
