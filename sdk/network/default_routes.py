"""Which of a container's interfaces is its way out: each has default routes of its own, and their metrics decide."""

import errno
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from sdk.linux.namespaces import in_network_namespace

Address = IPv4Address | IPv6Address

_FALLBACK_METRIC = 1024
"""Metric of a route that counts only when there is no other; also the kernel's own choice for IPv6."""


def prefer_route(path: str, interface: str, gateways: Sequence[Address], *, preferred: bool) -> None:
    """Make an interface's default routes the first choice in the namespace at a path, or the last; idempotent."""
    if gateways:
        in_network_namespace(path, lambda: _prefer(interface, gateways, preferred=preferred))


def _prefer(interface: str, gateways: Sequence[Address], *, preferred: bool) -> None:
    from pyroute2 import IPRoute, NetlinkError  # noqa: PLC0415 - rarely needed, and costs megabytes

    with IPRoute() as route:
        index = socket.if_nametoindex(interface)
        for gateway in gateways:
            family = socket.AF_INET if gateway.version == 4 else socket.AF_INET6
            first = 0 if gateway.version == 4 else _FALLBACK_METRIC
            metric = first if preferred else _FALLBACK_METRIC + index
            wanted = {"family": family, "dst": "default", "gateway": str(gateway), "oif": index}
            try:
                route.route("add", **wanted, priority=metric)
            except NetlinkError as error:
                if error.code != errno.EEXIST:
                    raise
            for other in route.get_default_routes(family=family):
                if other.get_attr("RTA_OIF") == index and (present := other.get_attr("RTA_PRIORITY") or 0) != metric:
                    route.route("del", **wanted, priority=present)
