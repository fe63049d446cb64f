"""Namespaces as clients name them: `host`, `container:web`, `shareable`, the name of a network."""

from collections.abc import Collection

from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode, network_named
from sdk.errors import InvalidArgument

_JOINS = "container:"
_IPC = (NamespaceKind.NONE, NamespaceKind.PRIVATE, NamespaceKind.SHAREABLE)


def parse_network_mode(text: str) -> NetworkMode:
    """Read `NetworkMode`. Raises InvalidArgument."""
    kind, _, owner = text.partition(":")
    if kind != "container":
        return network_named("" if text == "default" else text)
    if not owner:
        raise InvalidArgument("invalid network mode: invalid container format container:<name|id>")
    return NetworkMode(NetworkKind.CONTAINER, container=owner)


def shown_network_mode(mode: NetworkMode) -> str:
    """Return `NetworkMode`."""
    return f"{_JOINS}{mode.container}" if mode.joins else mode.network


def parse_ipc_mode(text: str) -> NamespaceMode:
    """Read `IpcMode`. Raises InvalidArgument."""
    return _parsed("IPC", text, _IPC, joins=True)


def parse_pid_mode(text: str) -> NamespaceMode:
    """Read `PidMode`. Raises InvalidArgument."""
    return _parsed("PID", text, joins=True)


def parse_uts_mode(text: str) -> NamespaceMode:
    """Read `UTSMode`. Raises InvalidArgument."""
    return _parsed("UTS", text)


def parse_userns_mode(text: str) -> NamespaceMode:
    """Read `UsernsMode`. Raises InvalidArgument."""
    return _parsed("user namespace", text)


def parse_cgroupns_mode(text: str) -> NamespaceMode:
    """Read `CgroupnsMode`. Raises InvalidArgument."""
    return _parsed("cgroup namespace", text, (NamespaceKind.PRIVATE,))


def shown_mode(mode: NamespaceMode) -> str:
    """Return the text of a mode."""
    if mode.joins:
        return f"{_JOINS}{mode.container}"
    return "" if mode.kind is NamespaceKind.DEFAULT else mode.kind.value


def _parsed(called: str, text: str, kinds: Collection[NamespaceKind] = (), *, joins: bool = False) -> NamespaceMode:
    if not text:
        return NamespaceMode()
    if joins and text.startswith(_JOINS) and text != _JOINS:
        return NamespaceMode(NamespaceKind.CONTAINER, text.removeprefix(_JOINS))
    if text not in (NamespaceKind.HOST, *kinds):
        raise InvalidArgument(f"invalid {called} mode: {text}")
    return NamespaceMode(NamespaceKind(text))
