"""A bridge that the host has already: whether it is one, by ethtool's ioctl, and its addresses, asked of the kernel by rtnetlink(7)."""

import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

_HEADER = struct.Struct("=IHHII")
_ADDRESS = struct.Struct("=BBBBI")
_ATTRIBUTE = struct.Struct("=HH")
_GET_ADDRESS, _NEW_ADDRESS, _DONE, _ERROR = 22, 20, 3, 2
_REQUEST_DUMP = 0x301
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RECEIVE = 1 << 16
_SIOCETHTOOL, _GET_DRIVER = 0x8946, 3
_DRIVER_INFO = struct.Struct("=I32s160x")
_INTERFACE_REQUEST = struct.Struct("@16sP16x")
_LONGEST_NAME = 15


def is_bridge(name: str) -> bool | None:
    """Tell whether a link is a bridge (`struct ethtool_drvinfo`); None if there is no link of that name."""
    if not 0 < len(name.encode()) <= _LONGEST_NAME or name not in {present for _, present in socket.if_nameindex()}:
        return None
    answer = ctypes.create_string_buffer(_DRIVER_INFO.pack(_GET_DRIVER, b""))
    question = _INTERFACE_REQUEST.pack(name.encode(), ctypes.addressof(answer))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as device:
        try:
            fcntl.ioctl(device, _SIOCETHTOOL, question)
        except OSError:  # a link whose driver has no name (loopback), or one that went meanwhile
            return False
    driver: bytes = _DRIVER_INFO.unpack(answer.raw[: _DRIVER_INFO.size])[1]
    return driver.rstrip(b"\0") == b"bridge"


def bridge_addresses(name: str) -> list[IPv4Interface | IPv6Interface]:
    """Return a link's addresses in the kernel's order; none if there is no such link."""
    try:
        index = socket.if_nametoindex(name)
    except (OSError, ValueError):  # a name with a NUL is none
        return []
    return [address for link, address in _addresses() if link == index]


def _addresses() -> Iterator[tuple[int, IPv4Interface | IPv6Interface]]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as route:
        route.bind((0, 0))
        question = _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
        route.send(_HEADER.pack(_HEADER.size + len(question), _GET_ADDRESS, _REQUEST_DUMP, 1, 0) + question)
        while True:
            for kind, payload in _messages(route.recv(_RECEIVE)):
                if kind in (_DONE, _ERROR):
                    return
                if kind == _NEW_ADDRESS:
                    yield _decode(payload)


def _messages(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, kind, *_ = _HEADER.unpack_from(datagram, offset)
        yield kind, datagram[offset + _HEADER.size : offset + length]
        offset += (length + 3) & ~3


def _decode(payload: bytes) -> tuple[int, IPv4Interface | IPv6Interface]:
    family, prefix, _, _, index = _ADDRESS.unpack_from(payload)
    attributes: dict[int, bytes] = {}
    offset = _ADDRESS.size
    while offset + _ATTRIBUTE.size <= len(payload):
        length, kind = _ATTRIBUTE.unpack_from(payload, offset)
        attributes[kind] = payload[offset + _ATTRIBUTE.size : offset + length]
        offset += max((length + 3) & ~3, _ATTRIBUTE.size)
    packed = attributes.get(_IFA_LOCAL) or attributes[_IFA_ADDRESS]
    return index, ip_interface(f"{socket.inet_ntop(family, packed)}/{prefix}")
