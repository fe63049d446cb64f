"""Host ports, reserved by binding a socket: another program that wants the port is told, and so are we.

Packets for a published port never reach its socket, because the table redirects them before. What is not redirected is refused at once
by the kernel, since the socket does not listen; unless a driver makes it listen and relays what comes (`Reservations.sockets`).
"""

import errno
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from sdk.drivers.network import PortBinding
from sdk.errors import EngineError, InvalidArgument, PortAllocated, ResourceExhausted

Address = IPv4Address | IPv6Address

_RANDOM_PORTS = 32768, 60999
_LOCAL_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
_EVERY_PORT = 1 << 16
_SOCKETS = {
    "tcp": (socket.SOCK_STREAM, socket.IPPROTO_TCP),
    "udp": (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
    "sctp": (socket.SOCK_STREAM, socket.IPPROTO_SCTP),
}


PortRequest = tuple[PortBinding, tuple[Address, ...]]
"""A port that a client asks for, and the addresses of the host it is published on."""


class Reservations:
    """The host ports of all endpoints. For worker threads; allocations take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, list[Reserved]] = {}
        self._first, self._last = _random_ports()
        self._next_random = self._first

    def reserve(self, endpoint_id: str, label: str, requests: Sequence[PortRequest]) -> tuple[PortBinding, ...]:
        """Reserve each port on its host addresses, the same number on all, and return concrete bindings, one per address.

        Ports that leave no choice come first, then ranges, then those that may be any: none of the choices of one container stands in
        the way of what it names. Requests that differ in the host's address alone get the same number.
        Raises PortAllocated, ResourceExhausted (no port of a range is free), InvalidArgument; then nothing stays reserved.
        """
        made: dict[int, list[Reserved]] = {}
        try:
            with self._lock:
                for positions in _in_turn(requests):
                    self._reserve_together(label, [(position, *requests[position]) for position in positions], made)
                held = [reserved for position in sorted(made) for reserved in made[position]]
                self._held[endpoint_id] = held
        except BaseException:
            for part in made.values():
                _close(part)
            raise
        return tuple(reserved.binding for reserved in held)

    def sockets(self, endpoint_id: str) -> Sequence["Reserved"]:
        """Return an endpoint's sockets with the bindings they hold; a protocol that the kernel does not know has none."""
        return [reserved for reserved in self._held.get(endpoint_id, ()) if reserved.socket is not None]

    def release(self, endpoint_id: str) -> None:
        """Give an endpoint's ports back; idempotent."""
        _close(self._held.pop(endpoint_id, []))

    def close(self) -> None:
        """Give all ports back."""
        for endpoint_id in list(self._held):
            self.release(endpoint_id)

    def _reserve_together(
        self, label: str, requests: Sequence[tuple[int, PortBinding, tuple[Address, ...]]], made: dict[int, list["Reserved"]]
    ) -> None:
        """Reserve one number for requests that are alike, and note by their positions what was made."""
        places = [(position, address) for position, _, addresses in requests for address in addresses]
        if not places:
            return
        wanted, taken = requests[0][1], places[0][1]
        for port in self._candidates(wanted):
            sockets = _bind_all(wanted.protocol, [address for _, address in places], port)
            if not isinstance(sockets, list):
                taken = sockets
                continue
            for (position, address), bound in zip(places, sockets, strict=True):
                binding = replace(wanted, host_ip=str(address), host_port=port, host_port_end=0)
                made.setdefault(position, []).append(Reserved(binding, bound))
            return
        raise _taken(label, wanted, taken)

    def _candidates(self, request: PortBinding) -> Iterator[int]:
        if request.host_port:
            yield from range(request.host_port, max(request.host_port, request.host_port_end) + 1)
            return
        for _ in range(self._first, self._last + 1):
            port = self._next_random
            self._next_random = port + 1 if self._first <= port < self._last else self._first
            yield port


def _random_ports() -> tuple[int, int]:
    """Return the first and last port that the host gives to programs that do not mind, as Docker uses them too."""
    try:
        with open(_LOCAL_RANGE) as file:
            first, last = map(int, file.read().split())
    except (OSError, ValueError):
        return _RANDOM_PORTS
    return (first, last) if 0 < first <= last else _RANDOM_PORTS


@dataclass(frozen=True, slots=True)
class Reserved:
    """A port of one address of the host, and the socket that holds it; None where the kernel has no sockets of that protocol."""

    binding: PortBinding
    socket: socket.socket | None


def _in_turn(requests: Sequence[PortRequest]) -> list[list[int]]:
    """Return the positions of requests that get one number, those with the least choice first."""
    groups: list[list[int]] = []
    for position in sorted(range(len(requests)), key=lambda position: _choice(requests[position][0])):
        companions = next((group for group in groups if _alike(requests[position], [requests[other] for other in group])), None)
        if companions is None:
            groups.append([position])
        else:
            companions.append(position)
    return groups


def _choice(request: PortBinding) -> int:
    """Return how many ports would do."""
    if not request.host_port:
        return _EVERY_PORT
    return max(request.host_port_end - request.host_port, 0) + 1


def _alike(request: PortRequest, others: Sequence[PortRequest]) -> bool:
    """Tell whether a request differs from others in the host's address alone, and in that from each."""
    wanted, addresses = request
    same = replace(others[0][0], host_ip=wanted.host_ip) == wanted
    return same and not any(set(addresses) & set(taken) for _, taken in others)


def _taken(label: str, request: PortBinding, address: Address) -> EngineError:
    if request.host_port and request.host_port_end <= request.host_port:
        return PortAllocated(label, str(address), request.host_port)
    return ResourceExhausted(f"driver failed programming external connectivity on endpoint {label}: all ports are allocated")


def _bind_all(protocol: str, addresses: Sequence[Address], port: int) -> list[socket.socket | None] | Address:
    """Return sockets bound to the port on every address, or the address where it is taken."""
    sockets: list[socket.socket | None] = []
    for address in addresses:
        try:
            sockets.append(_bind(protocol, address, port))
        except OSError as error:
            _close_all(sockets)
            if error.errno == errno.EADDRINUSE:
                return address
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL):
                raise InvalidArgument(
                    f"failed to bind host port for {_socket_name(address, port)}/{protocol}: cannot assign requested address"
                ) from error
            raise
        except BaseException:
            _close_all(sockets)
            raise
    return sockets


def _bind(protocol: str, address: Address, port: int) -> socket.socket | None:
    if protocol not in _SOCKETS:
        raise InvalidArgument(f"invalid transport protocol: {protocol}")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        reservation = socket.socket(family, *_SOCKETS[protocol])
    except OSError as error:
        if protocol == "sctp" and error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT):
            return None  # the kernel has no SCTP sockets, so no other program can want the port
        raise
    try:
        _bind_exclusively(reservation, str(address), port)
    except BaseException:
        reservation.close()
        raise
    return reservation


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


def _socket_name(address: Address, port: int) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _close(held: Sequence[Reserved]) -> None:
    _close_all([reserved.socket for reserved in held])


def _close_all(sockets: Sequence[socket.socket | None]) -> None:
    for reservation in sockets:
        if reservation is not None:
            reservation.close()


def host_addresses(
    request: PortBinding, default: IPv4Address, versions: frozenset[int], *, relayed: bool = False
) -> tuple[Address, ...]:
    """Return the addresses of the host a port is published on, for a container that has addresses of these IP versions.

    Without a wish it is the default one and, if that is every address and the host has IPv6, also every IPv6 one. An address that the
    container could not be reached from is dropped: an IPv6 one of the host by a container with IPv4 only, unless that is `relayed`.
    Raises InvalidArgument.
    """
    if request.host_ip:
        wanted: tuple[Address, ...] = (_address(request.host_ip),)
    elif default.is_unspecified and has_ipv6():
        wanted = (default, IPv6Address(0))
    else:
        wanted = (default,)
    reachable = versions | {6} if relayed and 4 in versions and request.protocol in RELAYED else versions
    return tuple(address for address in wanted if address.version in reachable)


RELAYED = frozenset({"tcp", "udp"})
"""Protocols whose clients by IPv6 can be passed on to a container that has IPv4 only."""


def has_ipv6() -> bool:
    """Tell whether this host speaks IPv6: its loopback has the address `::1`."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _address(text: str) -> Address:
    try:
        address = ip_address(text)
    except ValueError:
        raise InvalidArgument(f"invalid IP address: {text}") from None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
