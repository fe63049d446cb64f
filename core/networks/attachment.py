"""Endpoints as inspect shows them."""

from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from core.networks.record import EndpointRecord
from sdk.engine.containers import NetworkAttachment
from sdk.engine.networks import NetworkMember

Interface = IPv4Interface | IPv6Interface


def attachment_of(endpoint: EndpointRecord, names: tuple[str, ...]) -> NetworkAttachment:
    """Return a running container's place on a network; `names` are those it has there."""
    four, six = _first(endpoint, 4), _first(endpoint, 6)
    gateways = {6 if ":" in gateway else 4: gateway for gateway in endpoint.gateways}
    return NetworkAttachment(
        network_id=endpoint.network_id,
        config=endpoint.config,
        endpoint_id=endpoint.id,
        mac_address=endpoint.mac_address,
        ipv4_address=str(four.ip) if four is not None else "",
        ipv4_prefix=four.network.prefixlen if four is not None else 0,
        ipv4_gateway=gateways.get(4, ""),
        ipv6_address=str(six.ip) if six is not None else "",
        ipv6_prefix=six.network.prefixlen if six is not None else 0,
        ipv6_gateway=gateways.get(6, ""),
        dns_names=names,
    )


def member_of(container_id: str, name: str, endpoint: EndpointRecord) -> NetworkMember:
    """Return a network's member; addresses with their prefix."""
    four, six = _first(endpoint, 4), _first(endpoint, 6)
    return NetworkMember(container_id, name, endpoint.id, endpoint.mac_address, str(four or ""), str(six or ""))


def _first(endpoint: EndpointRecord, version: int) -> Interface | None:
    interfaces = map(ip_interface, endpoint.addresses)
    return next((interface for interface in interfaces if interface.version == version), None)
