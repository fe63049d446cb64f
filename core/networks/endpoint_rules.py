"""What a person may ask of an endpoint, in Docker's sentences."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from core.networks.record import BRIDGE, HOST, NONE, NetworkRecord
from sdk.engine.config import EndpointConfig
from sdk.errors import InvalidArgument

Address = IPv4Address | IPv6Address


def network_of_mode(mode: str) -> str:
    """Return the name or ID of the network a network mode stands for."""
    return BRIDGE if mode in ("", "default") else mode


def check_endpoint(network: NetworkRecord, config: EndpointConfig) -> None:
    """Raise InvalidArgument for addresses and aliases that need a user-defined network."""
    wanted = static_addresses(config)
    if network.predefined and wanted:
        raise InvalidArgument("user specified IP address is supported on user defined networks only")
    if network.predefined and config.aliases:
        raise InvalidArgument("network-scoped alias is supported only for containers in user defined networks")
    if wanted and not network.static:
        raise InvalidArgument(
            "user specified IP address is supported only when connecting to networks with user configured subnets"
        )


def check_combination(networks: list[NetworkRecord]) -> None:
    """Raise InvalidArgument when host or none is to be combined with another network."""
    names = {network.name for network in networks}
    if len(names) < 2:
        return
    if HOST in names:
        raise InvalidArgument("container cannot be disconnected from host network or connected to host network")
    if NONE in names:
        raise InvalidArgument("container cannot be connected to multiple networks with one of the networks in private (none) mode")


def static_addresses(config: EndpointConfig) -> list[Address]:
    """Return the addresses a person asked for. Raises InvalidArgument."""
    ipam = config.ipam_config
    texts = (ipam.ipv4_address, ipam.ipv6_address) if ipam is not None else ()
    return [_address(text, version) for text, version in zip(texts, (4, 6), strict=False) if text]


def _address(text: str, version: int) -> Address:
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or address.version != version:
        raise InvalidArgument(f"invalid IPv{version} address: {text}")
    return address


def dns_names(network: NetworkRecord, config: EndpointConfig, container_id: str, name: str, hostname: str) -> tuple[str, ...]:
    """Return the names a container has on a user-defined network, each once; none on the predefined ones."""
    if network.predefined:
        return ()
    short_id = container_id[:12]
    return tuple(dict.fromkeys(filter(None, (name, *config.aliases, short_id, hostname))))
