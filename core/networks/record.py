"""Networks and endpoints as the database keeps them."""

from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network

from msgspec import Struct

from sdk.drivers.network import Endpoint, NetworkSpec, PortBinding, Subnet
from sdk.engine.config import EndpointConfig
from sdk.engine.modes import BRIDGE, HOST, NONE
from sdk.engine.networks import NetworkCreate, SubnetConfig

PREDEFINED = frozenset({BRIDGE, HOST, NONE})
NO_DRIVER = frozenset({"host", "null"})
"""Names that clients see as drivers, of networks no driver is needed for."""


NEXT_HOPS = {4: "DefaultGatewayIPv4", 6: "DefaultGatewayIPv6"}
"""The auxiliary address of a subnet, by IP version, that containers route by in place of its gateway."""
_parsed = lru_cache(1024)(ip_network)
"""A new network is compared with all others: their subnets are not read again each time."""


class NetworkRecord(Struct, frozen=True, kw_only=True):
    """A network with its choices made: each subnet and gateway in `config` is concrete, except in a mere configuration.

    `secluded`: its driver says that it leads nowhere."""

    id: str
    created_ns: int
    config: NetworkCreate
    secluded: bool = False

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def predefined(self) -> bool:
        return self.name in PREDEFINED

    @property
    def config_only(self) -> bool:
        return self.config.config_only

    @property
    def has_driver(self) -> bool:
        return self.config.driver not in NO_DRIVER

    @property
    def is_outward(self) -> bool:
        """Whether it leads to other hosts."""
        return not (self.config.internal or self.secluded)

    @property
    def gateway_versions(self) -> frozenset[int]:
        """The IP versions a container could leave by this network; where nothing is known of it, IPv4."""
        if not self.has_driver or not self.is_outward:
            return frozenset()
        return frozenset(6 if ":" in subnet.subnet else 4 for subnet in self.config.subnets if subnet.gateway) or frozenset({4})

    @property
    def cidrs(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The subnets it has; a configuration names some, and has none."""
        return () if self.config_only else tuple(_parsed(subnet.subnet) for subnet in self.config.subnets)

    def spec(self) -> NetworkSpec:
        """Return the network as its driver sees it."""
        config = self.config
        subnets = tuple(_subnet(subnet) for subnet in config.subnets)
        return NetworkSpec(self.id, config.name, subnets, config.options, internal=config.internal, ipv6=bool(config.ipv6))


def _subnet(config: SubnetConfig) -> Subnet:
    cidr = ip_network(config.subnet)
    next_hop = config.aux_addresses.get(NEXT_HOPS[cidr.version], "")
    return Subnet(cidr, ip_address(config.gateway) if config.gateway else None, ip_address(next_hop) if next_hop else None)


class EndpointRecord(Struct, frozen=True, kw_only=True):
    """A container's place on one network, with what its driver made (nothing on host and none). `default_route` says that it is the
    container's main way out, by which its ports are published; `routed` are the IP versions it has the default route of."""

    network_id: str
    network: str
    config: EndpointConfig
    id: str
    interface: str = ""
    mac_address: str = ""
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    ports: tuple[PortBinding, ...] = ()
    host_interface: str = ""
    default_route: bool = False
    routed: tuple[int, ...] | None = None

    @property
    def gateway_versions(self) -> frozenset[int]:
        """The IP versions it could be the container's way out for."""
        return frozenset(6 if ":" in gateway else 4 for gateway in self.gateways)

    @property
    def routes(self) -> frozenset[int]:
        """The IP versions it is the container's way out for. Records of earlier releases do not say."""
        if self.routed is None:
            return self.gateway_versions if self.default_route else frozenset()
        return frozenset(self.routed)

    def endpoint(self, container_id: str) -> Endpoint:
        """Return the endpoint as its driver made it."""
        return Endpoint(
            id=self.id,
            network_id=self.network_id,
            container_id=container_id,
            interface=self.interface,
            mac_address=self.mac_address,
            addresses=tuple(ip_interface(address) for address in self.addresses),
            gateways=tuple(ip_address(gateway) for gateway in self.gateways),
            ports=self.ports,
            host_interface=self.host_interface,
        )


class Resolver(Struct, frozen=True, kw_only=True):
    """Whom a container's name server asks for other names: `servers` from the container's networks, `host_servers` from the host's.
    With `ndots` above 0 it does not ask for addresses of names without dots."""

    servers: tuple[str, ...] = ()
    host_servers: tuple[str, ...] = ()
    ndots: int = 0


class ContainerEndpoints(Struct, frozen=True, kw_only=True):
    """All places of one running container, in the order they were made."""

    name: str
    hostname: str
    resolver: Resolver = Resolver()
    endpoints: tuple[EndpointRecord, ...] = ()
    ipv6: bool = True


def endpoint_record(
    network: NetworkRecord, config: EndpointConfig, made: Endpoint, *, default_route: bool, routes: frozenset[int]
) -> EndpointRecord:
    """Return what is kept of an endpoint."""
    return EndpointRecord(
        network_id=network.id,
        network=network.name,
        config=config,
        id=made.id,
        interface=made.interface,
        mac_address=made.mac_address,
        addresses=tuple(str(address) for address in made.addresses),
        gateways=tuple(str(gateway) for gateway in made.gateways),
        ports=made.ports,
        host_interface=made.host_interface,
        default_route=default_route,
        routed=tuple(sorted(routes)),
    )


def by_versions(endpoint: Endpoint, versions: frozenset[int]) -> Endpoint:
    """Return an endpoint with the gateways of some IP versions alone."""
    return replace(endpoint, gateways=tuple(gateway for gateway in endpoint.gateways if gateway.version in versions))
