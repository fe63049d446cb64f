"""Messages by which a host tells its neighbours, unasked, which MAC address an IP address has now."""

import socket
import struct
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

_BROADCAST, _ALL_NODES = b"\xff" * 6, b"\x33\x33\x00\x00\x00\x01"
_ALL_NODES_ADDRESS = IPv6Address("ff02::1").packed
_ETHERTYPES = {4: 0x0806, 6: 0x86DD}
_ARP_REQUEST = 1
_NEIGHBOUR_ADVERTISEMENT, _OVERRIDE = 136, 0x20000000
_TARGET_LINK_LAYER_ADDRESS = 2
_LINK_LOCAL_HOPS = 255


def announcement(mac: str, address: Address) -> bytes:
    """Return the Ethernet frame that announces an address: an ARP announcement (RFC 5227, section 3) or an unsolicited neighbour advertisement
    (RFC 4861, section 7.2.6)."""
    sender = bytes.fromhex(mac.replace(":", ""))
    if isinstance(address, IPv4Address):
        return _ethernet(_BROADCAST, sender, 4) + _arp(sender, address)
    return _ethernet(_ALL_NODES, sender, 6) + _advertisement(sender, address)


def open_announcing_socket(interface: str) -> socket.socket:
    """Return a socket that sends frames by an interface of the calling thread's network namespace and receives none. Raises OSError.

    To close it takes one of the kernel's grace periods, tens of milliseconds.
    """
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, 0)
    try:
        opened.bind((interface, 0))
    except BaseException:
        opened.close()
        raise
    return opened


def _ethernet(target: bytes, sender: bytes, version: int) -> bytes:
    return target + sender + struct.pack(">H", _ETHERTYPES[version])


def _arp(sender: bytes, address: IPv4Address) -> bytes:
    head = struct.pack(">HHBBH", 1, 0x0800, 6, 4, _ARP_REQUEST)
    return head + sender + address.packed + bytes(6) + address.packed


def _advertisement(sender: bytes, address: IPv6Address) -> bytes:
    option = struct.pack(">BB", _TARGET_LINK_LAYER_ADDRESS, 1) + sender
    body = struct.pack(">I", _OVERRIDE) + address.packed + option
    message = struct.pack(">BBH", _NEIGHBOUR_ADVERTISEMENT, 0, 0) + body
    ends = address.packed + _ALL_NODES_ADDRESS
    pseudo_header = ends + struct.pack(">II", len(message), socket.IPPROTO_ICMPV6)
    message = message[:2] + struct.pack(">H", _checksum(pseudo_header + message)) + message[4:]
    return struct.pack(">IHBB", 6 << 28, len(message), socket.IPPROTO_ICMPV6, _LINK_LOCAL_HOPS) + ends + message


def _checksum(data: bytes) -> int:
    """Return the Internet checksum of an even number of bytes (RFC 1071)."""
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
