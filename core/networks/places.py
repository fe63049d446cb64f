"""Which networks a container joins, in which order, and whose gateway it uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from core.networks.catalog import NetworkCatalog
from core.networks.config_networks import check_joinable
from core.networks.endpoint_rules import check_combination, check_endpoint, network_of_mode
from core.networks.record import NetworkRecord, Resolver
from sdk.drivers.network import PortBinding
from sdk.engine.config import EndpointConfig


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """A container that starts. `networks` are those to join, by name or ID; if there are none it is the one that `mode` stands for
    ("", default, bridge, host, none, a network's name or ID). Without `ipv6` the container has it switched off."""

    container_id: str
    container_name: str
    hostname: str = ""
    mode: str = ""
    networks: Mapping[str, EndpointConfig] = field(default_factory=dict)
    ports: tuple[PortBinding, ...] = ()
    mac_address: str = ""
    resolver: Resolver = Resolver()
    ipv6: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """One network a container is to join. `routes` are the IP versions of which its gateway becomes the container's. `gateway`: this is
    the container's main way out, and its ports are published here."""

    network: NetworkRecord
    config: EndpointConfig
    gateway: bool = False
    routes: frozenset[int] = frozenset()


def places_of(catalog: NetworkCatalog, request: ConnectRequest) -> list[Place]:
    """Return the networks to join, the mode's first. Raises NoSuchNetwork, InvalidArgument."""
    mode = network_of_mode(request.mode)
    wanted = request.networks or {mode: EndpointConfig()}
    configs = {catalog.find(network_of_mode(ref)).id: config for ref, config in wanted.items()}
    networks = [catalog.find(network_id) for network_id in configs]
    networks.sort(key=lambda network: mode not in (network.name, network.id))
    first = networks[0].id
    if request.mac_address and not configs[first].mac_address:
        configs[first] = replace(configs[first], mac_address=request.mac_address)
    check_combination(networks)
    for network in networks:
        check_joinable(network)
        check_endpoint(network, configs[network.id])
    chosen = {version: _way_out(networks, configs, version) for version in (4, 6)}
    main = chosen[4] or chosen[6]
    return [
        Place(
            network,
            configs[network.id],
            gateway=network is main,
            routes=frozenset(version for version, way in chosen.items() if way is network),
        )
        for network in networks
    ]


def rank(network: str, priority: int, versions: frozenset[int]) -> tuple[int, int, str]:
    """Return what decides between networks with a way out, the lowest first: priority, then both IP versions, then the name, as in Docker."""
    return -priority, -len(versions), network


def _way_out(networks: list[NetworkRecord], configs: Mapping[str, EndpointConfig], version: int) -> NetworkRecord | None:
    """Return the network whose gateway of an IP version is the container's; never an internal one."""
    outward = [network for network in networks if version in network.gateway_versions]
    return min(
        outward,
        key=lambda network: rank(network.name, configs[network.id].gw_priority, network.gateway_versions),
        default=None,
    )
