"""Host ports, reserved by binding a socket that never listens: whoever else wants the port is told, and so are we.

Packets for a published port never reach its socket, because the table redirects them before. What is not redirected (IPv6 loopback
where br_netfilter is at work) is refused at once by the kernel, since nobody listens.
"""

import errno
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from sdk.drivers.network import PortBinding
from sdk.errors import EngineError, InvalidArgument, PortAllocated, ResourceExhausted

Address = IPv4Address | IPv6Address

FIRST_RANDOM_PORT, LAST_RANDOM_PORT = 32768, 60999
_SOCKETS = {
    "tcp": (socket.SOCK_STREAM, socket.IPPROTO_TCP),
    "udp": (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
    "sctp": (socket.SOCK_STREAM, socket.IPPROTO_SCTP),
}


class Reservations:
    """The host ports of all endpoints. For worker threads; allocations take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, list[socket.socket]] = {}
        self._next_random = FIRST_RANDOM_PORT

    def reserve(
        self, endpoint_id: str, label: str, requests: Sequence[tuple[PortBinding, tuple[Address, ...]]]
    ) -> tuple[PortBinding, ...]:
        """Reserve each port on its host addresses, the same number on all, and return concrete bindings, one per address.

        Raises PortAllocated, ResourceExhausted (no port of a range is free), InvalidArgument; then nothing stays reserved.
        """
        held: list[socket.socket] = []
        try:
            with self._lock:
                bindings = [
                    binding for request, addresses in requests for binding in self._reserve_one(label, request, addresses, held)
                ]
                self._held[endpoint_id] = held
        except BaseException:
            _close(held)
            raise
        return tuple(bindings)

    def release(self, endpoint_id: str) -> None:
        """Give an endpoint's ports back; idempotent."""
        _close(self._held.pop(endpoint_id, []))

    def close(self) -> None:
        """Give all ports back."""
        for endpoint_id in list(self._held):
            self.release(endpoint_id)

    def _reserve_one(
        self, label: str, request: PortBinding, addresses: tuple[Address, ...], held: list[socket.socket]
    ) -> Iterator[PortBinding]:
        if not addresses:
            return
        for port in self._candidates(request):
            sockets = _bind_all(request.protocol, addresses, port)
            if sockets is not None:
                held += sockets
                yield from (replace(request, host_ip=str(address), host_port=port, host_port_end=0) for address in addresses)
                return
        raise _taken(label, request, addresses[0])

    def _candidates(self, request: PortBinding) -> Iterator[int]:
        if request.host_port:
            yield from range(request.host_port, max(request.host_port, request.host_port_end) + 1)
            return
        for _ in range(FIRST_RANDOM_PORT, LAST_RANDOM_PORT + 1):
            port = self._next_random
            self._next_random = FIRST_RANDOM_PORT if port == LAST_RANDOM_PORT else port + 1
            yield port


def _taken(label: str, request: PortBinding, address: Address) -> EngineError:
    if request.host_port and request.host_port_end <= request.host_port:
        return PortAllocated(label, str(address), request.host_port)
    return ResourceExhausted(f"driver failed programming external connectivity on endpoint {label}: all ports are allocated")


def _bind_all(protocol: str, addresses: tuple[Address, ...], port: int) -> list[socket.socket] | None:
    """Return sockets bound to the port on every address, or None if one of them is taken."""
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sockets += _bind(protocol, address, port)
    except OSError as error:
        _close(sockets)
        if error.errno == errno.EADDRINUSE:
            return None
        if error.errno == errno.EADDRNOTAVAIL:
            raise InvalidArgument(
                f"failed to bind host port for {address}:{port}/{protocol}: cannot assign requested address"
            ) from error
        raise
    return sockets


def _bind(protocol: str, address: Address, port: int) -> list[socket.socket]:
    if protocol not in _SOCKETS:
        raise InvalidArgument(f"invalid transport protocol: {protocol}")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        reservation = socket.socket(family, *_SOCKETS[protocol])
    except OSError as error:
        if protocol == "sctp" and error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT):
            return []  # the kernel has no SCTP sockets, so no other program can want the port
        raise
    try:
        _bind_exclusively(reservation, str(address), port)
    except BaseException:
        reservation.close()
        raise
    return [reservation]


def _bind_exclusively(reservation: socket.socket, address: str, port: int) -> None:
    """Bind, past connections of an ended server that still linger (TIME-WAIT), but never beside a socket that is in use."""
    if reservation.family == socket.AF_INET6:
        reservation.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        reservation.bind((address, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE or reservation.type != socket.SOCK_STREAM:
            raise
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind((address, port))
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def _close(sockets: Sequence[socket.socket]) -> None:
    for reservation in sockets:
        reservation.close()


def host_addresses(request: PortBinding, default: IPv4Address, versions: frozenset[int]) -> tuple[Address, ...]:
    """Return the addresses of the host a port is published on, for a container that has addresses of these IP versions.

    Without a wish it is the default one and, if that is every address, also every IPv6 one. There is no proxy between the versions:
    an address the container could not be reached from is dropped. Raises InvalidArgument.
    """
    try:
        wanted: tuple[Address, ...] = (ip_address(request.host_ip),) if request.host_ip else (default,)
    except ValueError:
        raise InvalidArgument(f"invalid IP address: {request.host_ip}") from None
    if not request.host_ip and default.is_unspecified:
        wanted = (default, IPv6Address(0))
    return tuple(address for address in wanted if address.version in versions)
