"""Namespaces in Docker's syntax."""

from collections.abc import Callable

import pytest

from sdk.docker import bodies, create, modes
from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode
from sdk.errors import InvalidArgument

Reads = Callable[[str], NamespaceMode]


@pytest.mark.parametrize(
    ("text", "mode", "shown"),
    [
        ("", NetworkMode(), "bridge"),
        ("default", NetworkMode(), "bridge"),
        ("bridge", NetworkMode(), "bridge"),
        ("host", NetworkMode(NetworkKind.HOST), "host"),
        ("none", NetworkMode(NetworkKind.NONE), "none"),
        ("mine", NetworkMode(name="mine"), "mine"),
        ("ns:1", NetworkMode(name="ns:1"), "ns:1"),
        ("container:web", NetworkMode(NetworkKind.CONTAINER, container="web"), "container:web"),
    ],
)
def test_network_modes(text: str, mode: NetworkMode, shown: str):
    assert modes.parse_network_mode(text) == mode
    assert modes.shown_network_mode(mode) == shown


@pytest.mark.parametrize("text", ["container", "container:"])
def test_a_network_of_nobody_is_refused(text: str):
    with pytest.raises(InvalidArgument) as refused:
        modes.parse_network_mode(text)
    assert refused.value.message == "invalid network mode: invalid container format container:<name|id>"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *((modes.parse_ipc_mode, text) for text in ("", "host", "none", "private", "shareable", "container:web")),
        *((modes.parse_pid_mode, text) for text in ("", "host", "container:web")),
        *((modes.parse_uts_mode, text) for text in ("", "host")),
        *((modes.parse_userns_mode, text) for text in ("", "host")),
        *((modes.parse_cgroupns_mode, text) for text in ("", "host", "private")),
    ],
)
def test_modes_are_shown_as_they_are_read(read: Reads, text: str):
    assert modes.shown_mode(read(text)) == text


def test_a_joined_namespace():
    assert modes.parse_ipc_mode("container:web") == NamespaceMode(NamespaceKind.CONTAINER, "web")


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (modes.parse_ipc_mode, "x", "invalid IPC mode: x"),
        (modes.parse_ipc_mode, "container", "invalid IPC mode: container"),
        (modes.parse_pid_mode, "container:", "invalid PID mode: container:"),
        (modes.parse_pid_mode, "private", "invalid PID mode: private"),
        (modes.parse_uts_mode, "container:x", "invalid UTS mode: container:x"),
        (modes.parse_userns_mode, "private", "invalid user namespace mode: private"),
        (modes.parse_cgroupns_mode, "default", "invalid cgroup namespace mode: default"),
    ],
)
def test_what_is_no_mode_is_refused_in_dockers_words(read: Reads, text: str, sentence: str):
    with pytest.raises(InvalidArgument) as refused:
        read(text)
    assert refused.value.message == sentence


def test_an_isolation_of_another_system_is_refused():
    create.host_config(bodies.HostConfig(isolation="default"))
    with pytest.raises(InvalidArgument, match=r"^invalid isolation 'hyperv' on linux$"):
        create.host_config(bodies.HostConfig(isolation="hyperv"))
