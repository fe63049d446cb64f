"""The host's IPv4 routes: subnets that a network must not take on its own account."""

import struct
from ipaddress import IPv4Network
from pathlib import Path

_TABLE = Path("/proc/thread-self/net/route")


def host_routes() -> list[IPv4Network]:
    """Return the destinations the host has routes to, without the default route; empty where /proc does not tell."""
    try:
        lines = _TABLE.read_text().splitlines()[1:]
    except OSError:
        return []
    fields = [line.split() for line in lines]
    routes = [IPv4Network((_address(field[1]), _address(field[7]).bit_count())) for field in fields]
    return [route for route in routes if route.prefixlen]


def _address(text: str) -> int:
    """Turn the kernel's native-endian hexadecimal into a number."""
    return int(struct.unpack(">I", struct.pack("=I", int(text, 16)))[0])
