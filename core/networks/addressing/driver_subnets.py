"""Subnets of networks whose driver chooses them."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

from core.networks.addressing.subnets import choose_subnets
from sdk.drivers.network import AddressChooser, NetworkSpec, Subnet
from sdk.engine.networks import NetworkCreate, SubnetConfig
from sdk.errors import InvalidArgument


async def with_subnets_of(driver: AddressChooser, request: NetworkCreate) -> NetworkCreate:
    """Return a request with the subnets that its driver will give the network. Raises InvalidArgument."""
    if any(subnet.ip_range or subnet.aux_addresses for subnet in request.subnets):
        raise InvalidArgument("this network's driver chooses addresses itself: it takes no IP range and no auxiliary addresses")
    asked = choose_subnets((subnet for subnet in request.subnets if subnet.subnet), (), ())
    named = {subnet.subnet for subnet in request.subnets if subnet.gateway}
    spec = NetworkSpec(
        id="",
        name=request.name,
        subnets=tuple(_subnet(subnet, with_gateway=subnet.subnet in named) for subnet in asked),
        options=request.options,
        internal=request.internal,
        ipv6=bool(request.ipv6),
    )
    told = [SubnetConfig(str(subnet.cidr), str(subnet.gateway or "")) for subnet in await driver.subnets(spec)]
    return replace(request, subnets=tuple(told), ipv6=any(":" in subnet.subnet for subnet in told))


def _subnet(config: SubnetConfig, *, with_gateway: bool) -> Subnet:
    return Subnet(ip_network(config.subnet), ip_address(config.gateway) if with_gateway else None)
