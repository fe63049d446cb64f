"""Hears what is announced of containers' addresses."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from sdk.drivers.network import Endpoint, Sandbox
from sdk.network.neighbours import announcement
from sdk.testing.contracts.network import inside

ALL_PROTOCOLS = 0x0003
CHOSEN = "02:42:aa:aa:aa:aa"


@contextmanager
def listening(container: tuple[Sandbox, Endpoint]) -> Iterator[socket.socket]:
    """Hear all frames that reach a container."""
    sandbox, endpoint = container
    with inside(sandbox):
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    with ear:
        ear.bind((endpoint.interface, ALL_PROTOCOLS))
        yield ear


def frames(endpoint: Endpoint) -> list[bytes]:
    return [announcement(endpoint.mac_address, ip_address(interface.ip)) for interface in endpoint.addresses]


def heard(ear: socket.socket, endpoint: Endpoint, count: int, seconds: float = 10) -> list[bytes]:
    """Return the next announcements of an endpoint, as many as are awaited or came."""
    wanted, found = frames(endpoint), []
    ear.settimeout(seconds)
    while len(found) < count:
        try:
            frame = ear.recv(2048)
        except TimeoutError:
            break
        if frame in wanted:
            found.append(frame)
    return found
