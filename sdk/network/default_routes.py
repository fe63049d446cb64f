"""Which of a container's interfaces is its way out: it alone has a default route."""

import errno
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

from sdk.drivers.network import NetworkSpec
from sdk.linux.namespaces import in_network_namespace

Address = IPv4Address | IPv6Address


def gateways_of(network: NetworkSpec, addresses: Sequence[IPv4Interface | IPv6Interface]) -> tuple[Address, ...]:
    """Return the gateways a container can use: those of the subnets it has an address of, none on an internal network."""
    if network.internal:
        return ()
    own = [subnet for subnet in network.subnets if any(address.ip in subnet.cidr for address in addresses)]
    ways = [subnet.next_hop or subnet.gateway for subnet in own]
    return tuple(way for way in ways if way is not None)


def route_by(path: str, interface: str, gateways: Sequence[Address], *, preferred: bool) -> None:
    """Give an interface default routes by these gateways in the namespace at a path, or take away those it has; idempotent."""
    if gateways:
        in_network_namespace(path, lambda: _route(interface, gateways, preferred=preferred))


def _route(interface: str, gateways: Sequence[Address], *, preferred: bool) -> None:
    from pyroute2 import IPRoute, NetlinkError  # noqa: PLC0415 - rarely needed, and costs megabytes

    present = errno.EEXIST if preferred else errno.ESRCH
    with IPRoute() as route:
        index = socket.if_nametoindex(interface)
        for gateway in gateways:
            family = socket.AF_INET if gateway.version == 4 else socket.AF_INET6
            try:
                route.route("add" if preferred else "del", family=family, dst="default", gateway=str(gateway), oif=index)
            except NetlinkError as error:
                if error.code != present:
                    raise
