"""What a frontend may ask about networks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sdk.drivers.network import PortPath
from sdk.engine.config import EndpointConfig
from sdk.engine.containers import Filters


@dataclass(frozen=True, slots=True)
class SubnetConfig:
    """One address pool as clients write it; empty strings are chosen by the engine."""

    subnet: str = ""
    gateway: str = ""
    ip_range: str = ""
    aux_addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NetworkCreate:
    """What is asked for. An IP version that is None is as the options say, or else as usual: IPv4 on and IPv6 off.

    `config_only` is a template for others, which name it by `config_from`. `scope` is what a client asks for: "" is the driver's own.
    """

    name: str
    driver: str = ""
    subnets: tuple[SubnetConfig, ...] = ()
    ipam_driver: str = "default"
    ipam_options: Mapping[str, str] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    ipv4: bool | None = True
    ipv6: bool | None = False
    config_only: bool = False
    config_from: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class NetworkMember:
    """A running container on a network; addresses with prefix length."""

    container_id: str
    name: str
    endpoint_id: str
    mac_address: str
    ipv4_address: str
    ipv6_address: str


@dataclass(frozen=True, slots=True)
class SubnetUsage:
    """`in_use` is how many addresses of a subnet are taken or reserved, `available` how many of those for containers are free."""

    subnet: str
    in_use: int
    available: int


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """A network as clients see it."""

    id: str
    created_ns: int
    config: NetworkCreate
    members: tuple[NetworkMember, ...] = ()
    scope: str = "local"
    usage: tuple[SubnetUsage, ...] = ()


class Networks(Protocol):
    """A `ref` is a name, an ID or a unique prefix of one; NoSuchNetwork otherwise. bridge, host and none always exist."""

    async def list(self, filters: Filters) -> Sequence[NetworkInfo]:
        """Return the networks that match."""

    async def inspect(self, ref: str) -> NetworkInfo:
        """Return one, by ID, a unique prefix of one, or name. Raises NoSuchNetwork."""

    async def create(self, request: NetworkCreate) -> NetworkInfo:
        """Raises Conflict (name in use), PermissionDenied (pool overlaps), InvalidArgument, NotFound (driver)."""

    async def remove(self, ref: str) -> None:
        """Raises PermissionDenied for the three that always exist and for one with active endpoints."""

    async def connect(self, ref: str, container: str, config: EndpointConfig, *, force: bool = False) -> None:
        """Connect a container. Raises NoSuchNetwork, NoSuchContainer, PermissionDenied, Conflict."""

    async def disconnect(self, ref: str, container: str, *, force: bool = False) -> None:
        """Disconnect a container; with `force` also one that is not there any more."""

    async def explain(self, container: str) -> Sequence[PortPath]:
        """Return how packets reach a running container's published ports. Raises NoSuchContainer, NotRunning, Unsupported."""

    async def prune(self, filters: Filters) -> Sequence[str]:
        """Remove those that no container is on and that match; return their names."""
