"""`--sysctl`: what belongs to a namespace of the container, and nothing of the host."""

import pytest

from core.containers.process.sysctls import UNPRIVILEGED_NETWORK, OwnNamespaces, check_sysctls, container_sysctls, own_namespaces
from sdk.engine.config import HostConfig
from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode
from sdk.errors import InvalidArgument

ALL, NONE = OwnNamespaces(network=True, ipc=True, uts=True), OwnNamespaces(network=False, ipc=False, uts=False)
HOST = NamespaceMode(NamespaceKind.HOST)


@pytest.mark.parametrize(
    "name",
    ["net.ipv4.ip_forward", "net/ipv4/ip_forward", "kernel.msgmax", "kernel/shmall", "fs.mqueue.msg_max", "kernel.domainname"],
)
def test_what_is_the_containers_own(name: str) -> None:
    check_sysctls({name: "1"}, ALL)


@pytest.mark.parametrize(
    "name",
    ["kernel.core_pattern", "kernel.hostname", "vm.swappiness", "fs.file-max", "fs.mqueue", "net", "netx.a", "", "kernel.msgmaxx", "../net.x", "kernel.msgmax.x"],
)  # fmt: skip
def test_what_is_the_hosts(name: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_sysctls({"net.ok": "1", name: "1"}, ALL)
    assert refused.value.message == f'sysctl "{name}" is not in a separate kernel namespace'.replace("/", ".")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("net.core.somaxconn", "network"), ("kernel.sem", "ipc"), ("fs.mqueue.queues_max", "ipc"), ("kernel.domainname", "uts")],
)
def test_what_would_be_the_hosts_in_this_container(name: str, kind: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_sysctls({name: "1"}, NONE)
    assert refused.value.message == f'sysctl "{name}" not allowed in host {kind} namespace'


def test_which_namespaces_are_its_own() -> None:
    assert own_namespaces(HostConfig()) == ALL
    host = HostConfig(network_mode=NetworkMode(NetworkKind.HOST), ipc_mode=HOST, uts_mode=HOST)
    assert own_namespaces(host) == NONE


@pytest.mark.parametrize(
    ("host", "domain", "expected"),
    [
        (HostConfig(), "", UNPRIVILEGED_NETWORK),
        (HostConfig(), "example.org", UNPRIVILEGED_NETWORK | {"kernel.domainname": "example.org"}),
        (HostConfig(uts_mode=HOST), "example.org", UNPRIVILEGED_NETWORK),
        (HostConfig(network_mode=NetworkMode(NetworkKind.HOST)), "", {}),
        (HostConfig(network_mode=NetworkMode(NetworkKind.CONTAINER, container="x")), "", {}),
        (HostConfig(network_mode=NetworkMode(NetworkKind.NONE)), "", UNPRIVILEGED_NETWORK),
        (
            HostConfig(sysctls={"net.ipv4.ip_unprivileged_port_start": "1024", "kernel.domainname": "b"}),
            "a",
            UNPRIVILEGED_NETWORK | {"net.ipv4.ip_unprivileged_port_start": "1024", "kernel.domainname": "b"},
        ),
    ],
)
def test_what_is_set(host: HostConfig, domain: str, expected: dict[str, str]) -> None:
    assert container_sysctls(host, domain) == expected


def test_what_is_set_is_checked() -> None:
    with pytest.raises(InvalidArgument):
        container_sysctls(HostConfig(sysctls={"kernel.panic": "1"}), "")
