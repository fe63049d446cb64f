"""Network drivers: connect a container's network namespace to a network.

Vocabulary: a *network* has subnets; an *endpoint* is one container's interface on one network; a *sandbox* is the network
namespace that holds a container's endpoints. Addresses are chosen by the engine (its IPAM) and handed in, unless the driver is an
`AddressChooser`: such a driver chooses and returns them.

A sandbox lives as long as a process or descriptor refers to it: `Sandbox.path` is a /proc path valid in this process and its
children. Nothing is mounted, so nothing leaks; after a restart the engine passes `/proc/PID/ns/net` of the living container.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network

from sdk.drivers.deadlines import deadline


@dataclass(frozen=True, slots=True)
class Subnet:
    """`gateway` is the network's own address. Containers route by it, or by `next_hop`, another router of the subnet's."""

    cidr: IPv4Network | IPv6Network
    gateway: IPv4Address | IPv6Address | None = None
    next_hop: IPv4Address | IPv6Address | None = None


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network as its driver sees it. `options` are the driver's own (`com.docker.network.bridge.name`, ...)."""

    id: str
    name: str
    subnets: tuple[Subnet, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    ipv6: bool = False


@dataclass(frozen=True, slots=True)
class PortBinding:
    """A published port. `host_ip` "" means every address; `host_port` 0 means any free one, `host_port_end` > 0 the end of a range
    to choose from. In an Endpoint the port is always concrete.

    `routed`: other hosts reach it at the container's own address, of the IP version of `host_ip`. It takes no port of the host;
    `host_port` is what was asked for, which counts when the port moves to a network that translates addresses.
    """

    container_port: int
    protocol: str = "tcp"
    host_ip: str = ""
    host_port: int = 0
    host_port_end: int = 0
    routed: bool = False

    @property
    def bound_port(self) -> int:
        """The port of the host that leads to it, 0 for one that is routed."""
        return 0 if self.routed else self.host_port


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A network namespace; `path` can be opened and given to setns(2) or to an OCI runtime."""

    path: str


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """What is asked of a driver. `default_route` says whether this endpoint's gateways become the container's: without it there is no
    default route by them. `name` is the container's name, for messages. `link_local` are further addresses that the interface gets
    beside those of the network's subnets: no driver or daemon elsewhere answers for them, and an Endpoint does not name them (RFC 3927, RFC 4291)."""

    id: str
    container_id: str
    addresses: tuple[IPv4Interface | IPv6Interface, ...] = ()
    mac_address: str = ""
    interface: str = ""
    default_route: bool = True
    ports: tuple[PortBinding, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    link_local: tuple[IPv4Interface | IPv6Interface, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a driver made. Immutable data: the engine stores it and hands it back to `disconnect` and `restore`."""

    id: str
    network_id: str
    container_id: str
    interface: str
    mac_address: str
    addresses: tuple[IPv4Interface | IPv6Interface, ...]
    gateways: tuple[IPv4Address | IPv6Address, ...] = ()
    ports: tuple[PortBinding, ...] = ()
    host_interface: str = ""


class SandboxMaker(ABC):
    """Optional ability: network namespaces without any interface but the loopback, ready at once."""

    @abstractmethod
    @deadline(30, idempotent=True)
    async def open_sandbox(self) -> Sandbox:
        """Return a network namespace whose loopback is up; let go of it by `NetworkDriver.release`."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One rule a packet meets: the chain it stands in, the rule as the kernel's own tool prints it, and what it does to this packet,
    "" if it does not match."""

    chain: str
    rule: str
    effect: str = ""


@dataclass(frozen=True, slots=True)
class PortPath:
    """The way of a connection's first packet to a published port, from `origin` to the container or to where it is stopped."""

    binding: PortBinding
    origin: str
    hops: tuple[Hop, ...]
    result: str


class PathExplainer(ABC):
    """Optional ability: tell how packets reach published ports, by the rules that are in the kernel now."""

    @abstractmethod
    @deadline(60, idempotent=True)
    async def explain(self, network: NetworkSpec, endpoint: Endpoint) -> Sequence[PortPath]:
        """Return the ways to each of an endpoint's ports, from other hosts and from this one."""


class GatewaySwitch(ABC):
    """Optional ability: make another endpoint of a sandbox the one whose gateways are the container's."""

    @abstractmethod
    @deadline(30, idempotent=True)
    async def set_default_route(self, endpoint: Endpoint, sandbox: Sandbox, *, preferred: bool) -> None:
        """Route by `endpoint.gateways`, of which the engine may name those of one IP version alone, or by them no longer; idempotent.

        There is one default route of each IP version: the engine takes it from one endpoint before it gives it to another.
        """


class AddressChooser(ABC):
    """Optional ability: the driver itself chooses subnets, and addresses where `EndpointSpec.addresses` names none."""

    @abstractmethod
    @deadline(30)
    async def subnets(self, network: NetworkSpec) -> Sequence[Subnet]:
        """Return the subnets a network that is about to be created will have, none if they are unknown.

        `network.subnets` are those a person asks for. Raises InvalidArgument where they cannot be had.
        """


class PortPublisher(ABC):
    """Optional ability: publish ports of a container that runs, as they go from one of its networks to another."""

    @abstractmethod
    @deadline(60, idempotent=True)
    async def publish(self, network: NetworkSpec, endpoint: Endpoint, ports: Sequence[PortBinding]) -> Endpoint:
        """Make these the endpoint's published ports in place of those it has, none included; return it as it is then.

        Raises PortAllocated, ResourceExhausted; then it has none.
        """


class ExternalNetworks(ABC):
    """Optional ability: the driver's networks are those of links that other hosts are on.

    A gateway is such a host: the engine chooses none where the client names none. A network may be of no IP version at all, and several may
    share a subnet, each with a range of its own; no two containers on them get the same address.
    """

    @abstractmethod
    @deadline(30, idempotent=True)
    async def is_secluded(self, options: Mapping[str, str]) -> bool:
        """Tell whether a network of these options leads nowhere: then it is like an internal one."""


@dataclass(frozen=True, slots=True)
class PortLink:
    """A port of the container at `target` that the container at `source`, on the same network, may reach."""

    source: IPv4Address
    target: IPv4Address
    port: int
    protocol: str = "tcp"


class PortLinker(ABC):
    """Optional ability: make exceptions to a network option that keeps containers from reaching each other."""

    @abstractmethod
    @deadline(30, idempotent=True)
    async def link(self, network: NetworkSpec, links: Collection[PortLink]) -> None:
        """Open these ports and no others to these containers; idempotent. Without effect on a network whose containers reach each other.

        They count until they are replaced, or this driver is closed: the engine names them again when it has restored the network.
        """


class NetworkDriver(ABC):
    """Makes networks and endpoints in the kernel. Idempotent where it says so; undoes its own partial work when it fails."""

    @abstractmethod
    @deadline(60, idempotent=True)
    async def create_network(self, network: NetworkSpec) -> None:
        """Make the network exist in the kernel; idempotent for an identical spec, so it is also what boot calls.

        Raises InvalidArgument for options it does not know the value of, Conflict for a bridge name or subnet in use.
        """

    @abstractmethod
    @deadline(60, idempotent=True)
    async def remove_network(self, network: NetworkSpec) -> None:
        """Remove the network from the kernel; idempotent. The engine has made sure no endpoint is left."""

    @abstractmethod
    @deadline(60)
    async def connect(self, network: NetworkSpec, endpoint: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        """Connect a sandbox to the network and publish the endpoint's ports; None makes a new sandbox (from a pool, quickly).

        Raises PortAllocated, ResourceExhausted; on any error nothing is left behind and no port stays published.
        """

    @abstractmethod
    @deadline(60, idempotent=True)
    async def disconnect(self, network: NetworkSpec, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        """Unpublish ports and remove the interface; idempotent. With sandbox None the namespace is dying: only host-side state is freed."""

    @abstractmethod
    @deadline(30, idempotent=True)
    async def release(self, sandbox: Sandbox) -> None:
        """Let go of a sandbox that `connect` made; idempotent. The namespace ends with its last process."""

    @abstractmethod
    @deadline(300, idempotent=True)
    async def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        """Bring kernel state in line with the records at boot: what is listed exists (ports published again), what is not is removed."""

    @abstractmethod
    @deadline(120, idempotent=True)
    async def audit(self) -> Sequence[str]:
        """Return one line per kernel object (link, table, set element) this driver made that still exists."""
