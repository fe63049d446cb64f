"""A container's places on networks, between bodies of Docker's API and the engine's values."""

from sdk.docker import bodies
from sdk.docker.links import parse_endpoint_link, shown_endpoint_link
from sdk.engine.config import EndpointConfig, EndpointIPAM


def endpoint_config(body: bodies.EndpointConfig) -> EndpointConfig:
    """Return what is asked of a place."""
    ipam = body.ipam_config
    return EndpointConfig(
        ipam_config=None if ipam is None else EndpointIPAM(ipam.ipv4_address, ipam.ipv6_address, ipam.link_local_ips),
        links=tuple(map(parse_endpoint_link, body.links)),
        aliases=body.aliases,
        mac_address=body.mac_address,
        driver_opts=body.driver_opts,
        gw_priority=body.gw_priority,
    )


def shown_ipam(ipam: EndpointIPAM | None) -> bodies.EndpointIPAM | None:
    """Return the addresses that were asked for."""
    return None if ipam is None else bodies.EndpointIPAM(ipam.ipv4_address, ipam.ipv6_address, ipam.link_local_ips)


def shown_links(config: EndpointConfig) -> tuple[str, ...]:
    """Return an endpoint's links."""
    return tuple(map(shown_endpoint_link, config.links))
