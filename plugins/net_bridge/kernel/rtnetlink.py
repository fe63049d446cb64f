"""A socket to the kernel's links, addresses and routes, in the network namespace of the thread that opens it."""

import errno
import os
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from plugins.net_bridge.kernel import messages
from plugins.net_bridge.kernel.message_classes import ifaddrmsg, ifinfmsg
from plugins.net_bridge.kernel.messages import Interface

_HEADER = struct.Struct("=IHHII")
_ERROR_CODE = struct.Struct("=i")
_LINK_INDEX = struct.Struct("=i")
_LINK_INDEX_OFFSET = _HEADER.size + 4
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_RECEIVE = 1 << 17


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface; `kind` is what made it: bridge, veth ..., "" for a device."""

    index: int
    name: str
    alias: str
    kind: str = ""


class RouteSocket:
    """One rtnetlink socket. Requests take turns; a request is one send and the kernel's answers to it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close; idempotent."""
        self._socket.close()

    def request(self, batch: Sequence[bytes]) -> None:
        """Send messages in one go and wait until the kernel has done all. Raises OSError for the first it refused."""
        data = b"".join(batch)
        waiting, refused = _count(data), 0
        with self._lock:
            self._socket.send(data)
            while waiting:
                for kind, payload in self._receive():
                    if kind == _NLMSG_ERROR:
                        waiting -= 1
                        refused = refused or -int(_ERROR_CODE.unpack_from(payload, _HEADER.size)[0])
        if refused:
            raise OSError(refused, f"rtnetlink: {os.strerror(refused)}")

    def index(self, name: str) -> int:
        """Return a link's index. Raises OSError (ENODEV)."""
        with self._lock:
            self._socket.send(messages.get_link(name))
            kind, payload = next(self._receive())
        if kind == _NLMSG_ERROR:
            code = -_ERROR_CODE.unpack_from(payload, _HEADER.size)[0]
            raise OSError(code, os.strerror(code), name)
        return int(_LINK_INDEX.unpack_from(payload, _LINK_INDEX_OFFSET)[0])

    def port_state(self, name: str) -> int | None:
        """Return the state of a bridge's port, None for a link that is none or is not there."""
        with self._lock:
            self._socket.send(messages.get_link(name))
            kind, payload = next(self._receive())
        return None if kind == _NLMSG_ERROR else _decode_port_state(payload)

    def find(self, name: str) -> int:
        """Return a link's index, 0 if there is none of that name."""
        try:
            return self.index(name)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return 0
            raise

    def delete(self, name: str) -> None:
        """Delete a link; idempotent, even where the kernel removes it at the same moment because its namespace ends. Slow (a grace period)."""
        try:
            self.request([messages.delete_link(self.index(name))])
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise

    def links(self) -> list[Link]:
        """Return all links of the namespace."""
        return [_decode_link(payload) for payload in self._dump(messages.list_links())]

    def addresses(self) -> list[tuple[int, Interface]]:
        """Return all addresses with the index of their link."""
        return [_decode_address(payload) for payload in self._dump(messages.list_addresses())]

    def _dump(self, question: bytes) -> list[bytes]:
        answers: list[bytes] = []
        with self._lock:
            self._socket.send(question)
            while True:
                for kind, payload in self._receive():
                    if kind == _NLMSG_DONE:
                        return answers
                    answers.append(payload)

    def _receive(self) -> Iterator[tuple[int, bytes]]:
        datagram = self._socket.recv(_RECEIVE)
        offset = 0
        while offset < len(datagram):
            length, kind, _, _, _ = _HEADER.unpack_from(datagram, offset)
            yield kind, datagram[offset : offset + length]
            offset += (length + 3) & ~3


def _count(data: bytes) -> int:
    count = offset = 0
    while offset < len(data):
        offset += (_HEADER.unpack_from(data, offset)[0] + 3) & ~3
        count += 1
    return count


def _decode_link(payload: bytes) -> Link:
    message = ifinfmsg(payload)
    message.decode()
    info = message.get_attr("IFLA_LINKINFO")
    kind = info.get_attr("IFLA_INFO_KIND") if info is not None else ""
    return Link(message["index"], message.get_attr("IFLA_IFNAME"), message.get_attr("IFLA_IFALIAS") or "", kind or "")


def _decode_port_state(payload: bytes) -> int | None:
    message = ifinfmsg(payload)
    message.decode()
    info = message.get_attr("IFLA_LINKINFO")
    port = info.get_attr("IFLA_INFO_SLAVE_DATA") if info is not None else None
    return port.get_attr("IFLA_BRPORT_STATE") if port is not None else None


def _decode_address(payload: bytes) -> tuple[int, IPv4Interface | IPv6Interface]:
    message = ifaddrmsg(payload)
    message.decode()
    address = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
    return message["index"], ip_interface(f"{address}/{message['prefixlen']}")
