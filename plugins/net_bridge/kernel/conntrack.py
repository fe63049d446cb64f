"""Connection tracking: forgetting UDP flows that would keep going to where a port no longer leads.

The kernel decides once per flow where it goes. A client that keeps sending from one port would never notice that a port was published,
or that another container has it now.
"""

import logging
import os
import socket
import struct
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

_NETLINK_NETFILTER = 12
_SUBSYSTEM_CONNTRACK, _DELETE = 1, 2
_REQUEST_ACK = 0x1 | 0x4
_NESTED, _NETWORK_ORDER = 0x8000, 0x4000
_TUPLE_ORIGINAL, _TUPLE_REPLY, _FILTER = 1, 2, 25
_TUPLE_IP, _TUPLE_PROTOCOL = 1, 2
_IP_SOURCE = {4: 1, 6: 3}
_PROTOCOL_NUMBER, _PROTOCOL_DESTINATION_PORT = 1, 3
_FILTER_ORIGINAL, _FILTER_REPLY = 1, 2
_BY_SOURCE_IP, _BY_PROTOCOL, _BY_DESTINATION_PORT = 1 << 0, 1 << 3, 1 << 5
_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


class Conntrack:
    """Deletes flows by one filtered request each, for which Linux 5.8 is needed; on older kernels flows end by their timeout.

    Bound to the network namespace of the thread that opens it.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER)
        self._socket.bind((0, 0))

    def close(self) -> None:
        self._socket.close()

    def forget_answers_from(self, address: Address) -> None:
        """Forget the UDP flows a container of that address answers."""
        ip = _nest(_TUPLE_IP, _attribute(_IP_SOURCE[address.version], address.packed))
        reply = _nest(_TUPLE_REPLY, ip + _nest(_TUPLE_PROTOCOL, _udp()))
        self._delete(address.version, reply + _filter(0, _BY_SOURCE_IP | _BY_PROTOCOL))

    def forget_questions_to(self, port: int, version: int) -> None:
        """Forget the UDP flows that began with a packet to that port."""
        protocol = _udp() + _attribute(_PROTOCOL_DESTINATION_PORT | _NETWORK_ORDER, struct.pack(">H", port))
        original = _nest(_TUPLE_ORIGINAL, _nest(_TUPLE_PROTOCOL, protocol))
        self._delete(version, original + _filter(_BY_PROTOCOL | _BY_DESTINATION_PORT, 0))

    def _delete(self, version: int, attributes: bytes) -> None:
        # A version other than 0 in the header makes the kernel heed the address family.
        body = struct.pack("=BBH", _FAMILY[version], 1, 0) + attributes
        kind = _SUBSYSTEM_CONNTRACK << 8 | _DELETE
        self._socket.send(struct.pack("=IHHII", 16 + len(body), kind, _REQUEST_ACK, 0, 0) + body)
        (code,) = struct.unpack_from("=i", self._socket.recv(4096), 16)
        if code:
            self._log.debug("cannot forget UDP flows: %s", os.strerror(-code))


def _udp() -> bytes:
    return _attribute(_PROTOCOL_NUMBER, bytes([socket.IPPROTO_UDP]))


def _filter(original: int, reply: int) -> bytes:
    """Say which fields of the two tuples must match."""
    return _nest(
        _FILTER, _attribute(_FILTER_ORIGINAL, struct.pack("=I", original)) + _attribute(_FILTER_REPLY, struct.pack("=I", reply))
    )


def _nest(kind: int, content: bytes) -> bytes:
    return _attribute(kind | _NESTED, content)


def _attribute(kind: int, content: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(content), kind) + content + b"\0" * (-len(content) % 4)
