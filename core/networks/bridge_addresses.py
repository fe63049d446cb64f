"""The addresses of a bridge that the host has already."""

from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from pathlib import Path


def bridge_addresses(name: str) -> list[IPv4Interface | IPv6Interface]:
    """Return a link's addresses in the kernel's order; none if there is no such link."""
    if not Path("/proc/thread-self/net/dev").read_text().count(f" {name}:") and not Path(f"/sys/class/net/{name}").exists():
        return []
    from pyroute2 import IPRoute  # noqa: PLC0415 - two MiB, for who names a bridge

    with IPRoute() as route:
        indexes = route.link_lookup(ifname=name)
        messages = [message for index in indexes for message in route.get_addr(index=index)]
        return [
            ip_interface(f"{message.get_attr('IFA_LOCAL') or message.get_attr('IFA_ADDRESS')}/{message['prefixlen']}")
            for message in messages
        ]
