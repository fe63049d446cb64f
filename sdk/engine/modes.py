"""Whose namespaces a container has (namespaces(7))."""

from enum import StrEnum

from msgspec import Struct

BRIDGE, HOST, NONE = "bridge", "host", "none"
"""Names of the networks that every engine has."""


class NamespaceKind(StrEnum):
    """`DEFAULT` is the engine's choice, `NONE` a private one without the means to share (no /dev/shm), `SHAREABLE` a private one that other
    containers may join."""

    DEFAULT = "default"
    PRIVATE = "private"
    HOST = "host"
    NONE = "none"
    SHAREABLE = "shareable"
    CONTAINER = "container"


class NamespaceMode(Struct, frozen=True, omit_defaults=True):
    """Whose namespace of one kind a container has; `container` is another's ID, a prefix of one, or name where it joins that one's."""

    kind: NamespaceKind = NamespaceKind.DEFAULT
    container: str = ""

    @property
    def is_host(self) -> bool:
        """Whether it is the host's."""
        return self.kind is NamespaceKind.HOST

    @property
    def joins(self) -> bool:
        """Whether it is another container's."""
        return self.kind is NamespaceKind.CONTAINER


class NetworkKind(StrEnum):
    """`NETWORK` is a namespace of its own, on networks; `NONE` one with a loopback alone."""

    NETWORK = "network"
    HOST = "host"
    NONE = "none"
    CONTAINER = "container"


class NetworkMode(Struct, frozen=True, omit_defaults=True):
    """Whose network namespace a container has: one on the network of a name or ID ("": the default bridge), or that of `container`."""

    kind: NetworkKind = NetworkKind.NETWORK
    name: str = ""
    container: str = ""

    @property
    def network(self) -> str:
        """The name or ID of the network that it stands for; "" for another container's."""
        match self.kind:
            case NetworkKind.NETWORK:
                return self.name or BRIDGE
            case NetworkKind.CONTAINER:
                return ""
        return HOST if self.kind is NetworkKind.HOST else NONE

    @property
    def is_host(self) -> bool:
        """Whether it is the host's."""
        return self.kind is NetworkKind.HOST

    @property
    def is_default_bridge(self) -> bool:
        """Whether it is the network of containers that name none."""
        return self.network == BRIDGE

    @property
    def joins(self) -> bool:
        """Whether it is another container's."""
        return self.kind is NetworkKind.CONTAINER


def network_named(name: str) -> NetworkMode:
    """Return the mode of a container on the network of a name; "" is the default bridge."""
    if name in (HOST, NONE):
        return NetworkMode(NetworkKind(name))
    return NetworkMode(name="" if name == BRIDGE else name)
