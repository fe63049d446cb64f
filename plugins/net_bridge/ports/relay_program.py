"""The relay: a program that passes on what IPv6 clients send to ports of containers that have IPv4 only.

The kernel cannot translate between the versions. The daemon starts this file as it is, without the site packages, when the first such client
comes, and speaks to it by the socket on descriptor 0, one message each: `add KEY PROTOCOL HOST PORT` with a socket that clients reach,
and `remove KEY`, which is answered when that socket and its connections are closed. It ends with the daemon: by the end of that socket.
"""

import errno
import os
import resource
import select
import socket
import struct
import time
from collections.abc import Callable

Target = tuple[str, int]

_IN, _OUT, _ERROR = select.EPOLLIN, select.EPOLLOUT, select.EPOLLERR
_CHUNK = 1 << 18
_DATAGRAM = 1 << 16
_ANCILLARY = 64
_UDP_SECONDS = 90.0
"""How long a UDP client is remembered that is silent, and so is who answers it."""
_UDP_CLIENTS = 1024


class Loop:
    """What waits for which descriptor."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._calls: dict[int, Callable[[int], None]] = {}
        self._masks: dict[int, int] = {}

    def watch(self, fd: int, mask: int, call: Callable[[int], None]) -> None:
        """Call when one of these things is so of a descriptor; with mask 0 no longer."""
        if mask == self._masks.get(fd, 0):
            return
        if not mask:
            self._epoll.unregister(fd)
            del self._masks[fd], self._calls[fd]
            return
        if fd in self._masks:
            self._epoll.modify(fd, mask)
        else:
            self._epoll.register(fd, mask)
        self._masks[fd], self._calls[fd] = mask, call

    def forget(self, fd: int) -> None:
        """Watch a descriptor no more; idempotent."""
        if self._masks.pop(fd, 0):
            self._epoll.unregister(fd)
            del self._calls[fd]

    def turn(self, timeout: float) -> None:
        """Wait for the next things and deal with them."""
        for fd, events in self._epoll.poll(timeout):
            if (call := self._calls.get(fd)) is not None:
                call(events)


class Stream:
    """One side of a connection, and what the other side sent that it does not take yet."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self.held = b""
        self.ended = False


class Connection:
    """A client's connection and one to the container. What one side ends, the other is told; what breaks on one side, breaks on both."""

    def __init__(self, loop: Loop, client: socket.socket, target: Target, closed: Callable[["Connection"], None]) -> None:
        server = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET, socket.SOCK_STREAM)
        self._loop = loop
        self._closed = closed
        self._client, self._server = Stream(client), Stream(server)
        self._target = target
        for end in (client, server):
            end.settimeout(0)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def start(self) -> None:
        """Connect to the container."""
        if self._server.socket.connect_ex(self._target) in (0, errno.EINPROGRESS):
            self._loop.watch(self._server.socket.fileno(), _OUT, self._connected)
        else:
            self.close(broken=True)

    def close(self, *, broken: bool) -> None:
        """End both sides; if `broken` by a reset."""
        for stream in (self._client, self._server):
            self._loop.forget(stream.socket.fileno())
            if broken:
                stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stream.socket.close()
        self._closed(self)

    def _connected(self, events: int) -> None:
        del events
        if self._server.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.close(broken=True)
            return
        self._loop.forget(self._server.socket.fileno())
        self._wait()

    def _wait(self) -> None:
        """Wait for what can be done next: reading a side whose peer holds nothing back, writing one that does."""
        for stream, peer in ((self._client, self._server), (self._server, self._client)):
            reads = _IN if not stream.ended and not peer.held else 0
            writes = _OUT if stream.held else 0
            call = self._on_client if stream is self._client else self._on_server
            self._loop.watch(stream.socket.fileno(), reads | writes, call)

    def _on_client(self, events: int) -> None:
        self._proceed(self._client, self._server, events)

    def _on_server(self, events: int) -> None:
        self._proceed(self._server, self._client, events)

    def _proceed(self, stream: Stream, peer: Stream, events: int) -> None:
        try:
            if events & _OUT and stream.held:
                _write(stream, memoryview(stream.held), ended=peer.ended)
            elif events & (_IN | _ERROR | select.EPOLLHUP) and not stream.ended and not peer.held:
                count = stream.socket.recv_into(_BUFFER)
                stream.ended = not count
                _write(peer, _VIEW[:count], ended=stream.ended)
        except BlockingIOError:
            pass
        except OSError:
            self.close(broken=True)
            return
        if self._client.ended and self._server.ended and not self._client.held and not self._server.held:
            self.close(broken=False)
        else:
            self._wait()


_BUFFER = bytearray(_CHUNK)
_VIEW = memoryview(_BUFFER)


def _write(stream: Stream, data: memoryview, *, ended: bool) -> None:
    """Send a side what it takes and hold the rest; tell it the end when that was all. Raises OSError."""
    try:
        sent = stream.socket.send(data) if data else 0
    except BlockingIOError:
        sent = 0
    stream.held = bytes(data[sent:])
    if ended and not stream.held:
        stream.socket.shutdown(socket.SHUT_WR)


class TcpPort:
    """A listening socket, and the connections that came by it."""

    def __init__(self, loop: Loop, listener: socket.socket, target: Target) -> None:
        listener.settimeout(0)
        self._loop, self._listener, self._target = loop, listener, target
        self._connections: set[Connection] = set()
        loop.watch(listener.fileno(), _IN, self._accept)

    def close(self) -> None:
        self._loop.forget(self._listener.fileno())
        self._listener.close()
        for connection in list(self._connections):
            connection.close(broken=True)

    def expire(self, now: float) -> float | None:
        """Nothing of it grows old."""
        del now
        return None

    def _accept(self, events: int) -> None:
        del events
        try:
            client, _ = self._listener.accept()
            connection = Connection(self._loop, client, self._target, self._ended)
            self._connections.add(connection)
            connection.start()
        except BlockingIOError:
            return
        except OSError:  # no descriptor is free: clients wait in the queue until a connection ends
            if self._connections:
                self._loop.forget(self._listener.fileno())

    def _ended(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if self._listener.fileno() >= 0:
            self._loop.watch(self._listener.fileno(), _IN, self._accept)


class UdpClient:
    """A client's questions go to the container from a socket of their own, by which the answers come."""

    def __init__(self, answer: socket.socket) -> None:
        self.socket = answer
        self.used = time.monotonic()


class UdpPort:
    """A bound socket, and a socket towards the container for each client, as answers have to find their way back."""

    def __init__(self, loop: Loop, bound: socket.socket, target: Target) -> None:
        bound.settimeout(0)
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        self._loop, self._bound, self._target = loop, bound, target
        self._clients: dict[object, UdpClient] = {}
        loop.watch(bound.fileno(), _IN, self._ask)

    def close(self) -> None:
        self._loop.forget(self._bound.fileno())
        self._bound.close()
        for key in list(self._clients):
            self._drop(key)

    def expire(self, now: float) -> float | None:
        """Forget clients that are silent; return the seconds until the next may be."""
        for key, client in list(self._clients.items()):
            if now - client.used < _UDP_SECONDS:
                return client.used + _UDP_SECONDS - now
            self._drop(key)
        return None

    def _ask(self, events: int) -> None:
        del events
        try:
            data, ancillary, _, source = self._bound.recvmsg(_DATAGRAM, _ANCILLARY)
            local = [(level, kind, value) for level, kind, value in ancillary if kind == socket.IPV6_PKTINFO]
            self._client(source, local).socket.send(data)
        except OSError:  # lost, as datagrams are
            return

    def _client(self, source: Target, local: list[tuple[int, int, bytes]]) -> UdpClient:
        """Return what asks for a client, the most recent last."""
        key = (source, local[0][2] if local else b"")
        client = self._clients.pop(key, None)
        if client is None:
            if len(self._clients) >= _UDP_CLIENTS:
                self._drop(next(iter(self._clients)))
            client = UdpClient(socket.socket(socket.AF_INET6 if ":" in self._target[0] else socket.AF_INET, socket.SOCK_DGRAM))
            client.socket.settimeout(0)
            client.socket.connect(self._target)
            self._loop.watch(client.socket.fileno(), _IN, lambda _: self._answer(key, source, local))
        client.used = time.monotonic()
        self._clients[key] = client
        return client

    def _answer(self, key: object, source: Target, local: list[tuple[int, int, bytes]]) -> None:
        client = self._clients.pop(key)
        self._clients[key] = client
        client.used = time.monotonic()
        try:
            self._bound.sendmsg([client.socket.recv(_DATAGRAM)], local, 0, source)
        except OSError:  # the container's port is closed, or the client is gone
            return

    def _drop(self, key: object) -> None:
        client = self._clients.pop(key)
        self._loop.forget(client.socket.fileno())
        client.socket.close()


class Relay:
    """The ports that the daemon handed over, by its keys."""

    def __init__(self, control: socket.socket) -> None:
        self._loop = Loop()
        self._control = control
        self._ports: dict[str, list[TcpPort | UdpPort]] = {}
        self._loop.watch(control.fileno(), _IN, self._obey)

    def run(self) -> None:
        """Go on until the daemon ends."""
        while True:
            now = time.monotonic()
            waits = [wait for ports in self._ports.values() for port in ports if (wait := port.expire(now)) is not None]
            self._loop.turn(min(waits, default=-1))

    def _obey(self, events: int) -> None:
        del events
        message, fds, _, _ = socket.recv_fds(self._control, 4096, 1)
        if not message:
            os._exit(0)  # its sockets end with it
        command, key, *rest = message.decode().split(" ")
        if command == "add":
            protocol, host, port = rest
            make = TcpPort if protocol == "tcp" else UdpPort
            self._ports.setdefault(key, []).append(make(self._loop, socket.socket(fileno=fds[0]), (host, int(port))))
        else:
            for gone in self._ports.pop(key, ()):
                gone.close()
            self._control.send(b"removed")


def main() -> None:
    """Relay for the daemon at the other end of descriptor 0."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Relay(socket.socket(fileno=0)).run()


if __name__ == "__main__":
    main()
