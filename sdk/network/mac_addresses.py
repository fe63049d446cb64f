"""MAC addresses that go with IP addresses."""

import hashlib
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface


def mac_for(addresses: Sequence[IPv4Interface | IPv6Interface], otherwise: str = "") -> str:
    """Return the MAC address Docker would choose: 02:42 and the IPv4 address, so that a reused address finds its old neighbours' caches right.

    Without any address it is made from another word, such as an endpoint's ID.
    """
    for address in addresses:
        if isinstance(address.ip, IPv4Address):
            return "02:42:" + address.ip.packed.hex(":")
    packed = addresses[0].ip.packed if addresses and isinstance(addresses[0].ip, IPv6Address) else otherwise.encode()
    return "02:42:" + hashlib.sha256(packed).digest()[:4].hex(":")
