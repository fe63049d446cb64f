"""The relay in this process: connections that stall, break and end on either side, and datagrams, on loopback sockets."""

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator

import pytest

from plugins.net_bridge.ports.relay_program import Loop, TcpPort, UdpPort

DEADLINE = 20.0


class Turning:
    """Turns a loop as long as a test waits for something."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def until(self, done: Callable[[], object]) -> None:
        """Turn until something is so."""
        end = time.monotonic() + DEADLINE
        while not done():
            assert time.monotonic() < end, "it does not come"
            self._loop.turn(0.01)

    def read(self, end: socket.socket, size: int) -> bytes:
        """Return so many bytes, or those before the end."""
        found = bytearray()

        def arrived() -> bool:
            with contextlib.suppress(BlockingIOError):
                piece = end.recv(1 << 20)
                found.extend(piece)
                return not piece or len(found) >= size
            return False

        self.until(arrived)
        return bytes(found)

    def fails(self, end: socket.socket) -> bool:
        """Tell whether a side is reset."""

        def broken() -> bool:
            try:
                end.recv(1)
            except BlockingIOError:
                return False
            except ConnectionResetError:
                return True
            raise AssertionError("it ended in peace")

        self.until(broken)
        return True


class Tcp:
    """A relay with a client at one end and a listening container at the other."""

    def __init__(self) -> None:
        self.container = socket.create_server(("127.0.0.1", 0))
        self.container.settimeout(0)
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
        self.address = listener.getsockname()[:2]
        self.loop = Loop()
        self.turning = Turning(self.loop)
        self.port = TcpPort(self.loop, listener, self.container.getsockname())
        self.ends: list[socket.socket] = [self.container]

    def connect(self) -> socket.socket:
        client = socket.create_connection(self.address)
        client.settimeout(0)
        self.ends.append(client)
        return client

    def accept(self) -> socket.socket:
        """Return the container's side of the next connection."""
        found: list[socket.socket] = []

        def came() -> bool:
            with contextlib.suppress(BlockingIOError):
                found.append(self.container.accept()[0])
            return bool(found)

        self.turning.until(came)
        found[0].settimeout(0)
        self.ends.append(found[0])
        return found[0]

    def close(self) -> None:
        self.port.close()
        for end in self.ends:
            end.close()


@pytest.fixture
def tcp() -> Iterator[Tcp]:
    made = Tcp()
    yield made
    made.close()


def test_each_side_is_told_what_the_other_says_and_when_it_ends(tcp: Tcp) -> None:
    client = tcp.connect()
    server = tcp.accept()
    client.send(b"question")
    assert tcp.turning.read(server, 8) == b"question"
    client.shutdown(socket.SHUT_WR)
    assert tcp.turning.read(server, 1) == b""
    server.send(b"answer")
    assert tcp.turning.read(client, 6) == b"answer"
    server.shutdown(socket.SHUT_WR)
    assert tcp.turning.read(client, 1) == b""


def test_a_side_that_does_not_read_holds_up_the_other_and_nothing_is_lost(tcp: Tcp) -> None:
    client = tcp.connect()
    server = tcp.accept()
    piece, sent = bytes(range(256)) * 256, 0
    end = time.monotonic() + DEADLINE
    stalled = 0
    while stalled < 20 and time.monotonic() < end:
        try:
            sent += client.send(piece[sent % len(piece) :])
            stalled = 0
        except BlockingIOError:
            stalled += 1
            tcp.loop.turn(0.01)
    assert stalled == 20, "the relay takes whatever comes"
    client.shutdown(socket.SHUT_WR)
    taken = tcp.turning.read(server, sent)
    assert taken == (piece * (sent // len(piece) + 1))[:sent]
    assert tcp.turning.read(server, 1) == b""


@pytest.mark.parametrize("of_client", [True, False])
def test_what_breaks_on_one_side_breaks_on_both(tcp: Tcp, of_client: bool) -> None:
    client = tcp.connect()
    server = tcp.accept()
    client.send(b"x")
    tcp.turning.read(server, 1)
    breaking, other = (client, server) if of_client else (server, client)
    breaking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    breaking.close()
    assert tcp.turning.fails(other)


def test_a_port_that_no_process_listens_on_refuses(tcp: Tcp) -> None:
    tcp.container.close()
    assert tcp.turning.fails(tcp.connect())


def test_a_port_that_is_taken_back_ends_its_connections(tcp: Tcp) -> None:
    client, other = tcp.connect(), tcp.connect()
    servers = [tcp.accept(), tcp.accept()]
    tcp.port.close()
    assert all(tcp.turning.fails(end) for end in (client, other, *servers))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(tcp.address)


@pytest.fixture
def udp() -> Iterator[tuple[Turning, UdpPort, tuple[str, int], socket.socket]]:
    container = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    container.bind(("127.0.0.1", 0))
    container.settimeout(0)
    bound = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    bound.bind(("::1", 0))
    loop, address = Loop(), bound.getsockname()
    port = UdpPort(loop, bound, container.getsockname())
    yield Turning(loop), port, address, container
    port.close()
    container.close()


def asking(address: tuple[str, int]) -> socket.socket:
    client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    client.connect(address)
    client.settimeout(0)
    return client


def receive(turning: Turning, end: socket.socket) -> tuple[bytes, tuple[str, int]]:
    found: list[tuple[bytes, tuple[str, int]]] = []

    def came() -> bool:
        with contextlib.suppress(BlockingIOError):
            found.append(end.recvfrom(1 << 16))
        return bool(found)

    turning.until(came)
    return found[0]


def test_answers_find_the_client_that_asked(udp: tuple[Turning, UdpPort, tuple[str, int], socket.socket]) -> None:
    turning, port, address, container = udp
    with asking(address) as one, asking(address) as two:
        for client, text in ((one, b"1"), (two, b"2"), (one, b""), (one, b"x" * 60_000)):
            client.send(text)
            question, source = receive(turning, container)
            assert question == text
            container.sendto(b"answer " + text, source)
            assert receive(turning, client)[0] == b"answer " + text
        assert len(port._clients) == 2


def test_a_silent_client_is_forgotten_and_one_that_asks_is_not(
    udp: tuple[Turning, UdpPort, tuple[str, int], socket.socket],
) -> None:
    turning, port, address, container = udp
    assert port.expire(time.monotonic()) is None
    with asking(address) as client:
        client.send(b"1")
        receive(turning, container)
        wait = port.expire(time.monotonic())
        assert wait is not None
        assert 80 < wait <= 90
        assert port.expire(time.monotonic() + 91) is None
        assert len(port._clients) == 0
        client.send(b"2")
        assert receive(turning, container)[0] == b"2"


def test_a_container_that_does_not_listen_loses_datagrams_and_nothing_else(
    udp: tuple[Turning, UdpPort, tuple[str, int], socket.socket],
) -> None:
    turning, port, address, container = udp
    closed = container.getsockname()
    container.close()
    with asking(address) as client:
        for _ in range(3):
            client.send(b"lost")
            turning.until(lambda: port._clients)
            for _turn in range(5):
                turning._loop.turn(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(closed)
            again.settimeout(0)
            client.send(b"found")
            assert receive(turning, again)[0] == b"found"


def test_no_more_clients_are_remembered_than_there_is_room_for(
    udp: tuple[Turning, UdpPort, tuple[str, int], socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.net_bridge.ports.relay_program._UDP_CLIENTS", 2)
    turning, port, address, container = udp
    clients = [asking(address) for _ in range(4)]
    for number, client in enumerate(clients):
        client.send(str(number).encode())
        assert receive(turning, container)[0] == str(number).encode()
    assert len(port._clients) == 2
    for client in clients:
        client.close()
