"""Where other name servers are asked from: a container's network namespace, or the host's."""

import asyncio
import contextlib
import errno
import os
import select
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import ip_address

import anyio
from anyio import CapacityLimiter

from core.networks.dns.question import Question
from sdk.linux.namespaces import in_network_namespace

_THREADS = 4
_IDLE_SECONDS = 30.0
_UNREACHABLE_SECONDS = 6.0
"""Linux sends few ICMP errors: each takes two seconds' worth of what a host is granted (net.ipv4.route.error_cost and
net.ipv4.icmp_ratelimit), which is five at most, and a packet that brings none takes one. Six are enough for three servers.
"""

_RECEIVE_ERRORS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""IP_RECVERR and IPV6_RECVERR, which `socket` lacks: ICMP errors are queued for sockets that are not connected too (ip(7))."""

_PORT = 53
_LARGEST = 65535
_LENGTH = struct.Struct(">H")


class Vantage:
    """Asks servers from a network namespace, given by its path; "" is the daemon's own.

    A socket by UDP is opened by the first question and closed when there has been none for half a minute. A server that the network says
    cannot be reached is not asked for some seconds.
    """

    def __init__(self, path: str = "") -> None:
        self._path = path
        self._limiter = CapacityLimiter(_THREADS)
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._watches: list[select.epoll] = []
        self._pending: dict[tuple[str, int], Question] = {}
        self._unreachable: dict[str, float] = {}
        self._closing: asyncio.TimerHandle | None = None

    async def send(self, server: str, question: Question) -> None:
        """Send a question; the reply arrives in it. Raises OSError."""
        self._require_reachable(server)
        family = _family(server)
        if family not in self._sockets:
            opened = await self._open(family, socket.SOCK_DGRAM)
            if family in self._sockets:  # another question was as fast
                opened.close()
            else:
                opened.setsockopt(*_RECEIVE_ERRORS[family], 1)
                self._sockets[family] = opened
                self._watch(opened)
        self._receive_errors(self._sockets[family])  # one that waits would be raised by the next send, whomever that is for
        self._require_reachable(server)
        self._pending[server, question.number] = question
        self._sockets[family].sendto(question.message, (server, _PORT))
        self._close_later()

    def reaches(self, server: str) -> bool:
        """Tell whether no ICMP error has said lately that a server cannot be reached."""
        return time.monotonic() >= self._unreachable.get(server, 0.0)

    def forget(self, question: Question) -> None:
        """Expect no more replies to a question."""
        for key in [key for key, other in self._pending.items() if other is question]:
            del self._pending[key]

    async def exchange(self, server: str, message: bytes) -> bytes:
        """Return a server's reply by TCP. Raises OSError, EOFError."""
        connection = await self._open(_family(server), socket.SOCK_STREAM)
        loop = asyncio.get_running_loop()
        with contextlib.closing(connection):
            await loop.sock_connect(connection, (server, _PORT))
            await loop.sock_sendall(connection, _LENGTH.pack(len(message)) + message)
            return await receive_message(connection)

    def close(self) -> None:
        """Close what is open; idempotent."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        for watch in self._watches:
            asyncio.get_running_loop().remove_reader(watch.fileno())
            watch.close()
        self._watches.clear()
        for opened in self._sockets.values():
            opened.close()
        self._sockets.clear()

    async def _open(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        def work() -> socket.socket:
            return socket.socket(family, kind | socket.SOCK_NONBLOCK)

        if not self._path:
            return work()
        return await anyio.to_thread.run_sync(lambda: in_network_namespace(self._path, work), limiter=self._limiter)

    def _require_reachable(self, server: str) -> None:
        if not self.reaches(server):
            raise OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH), server)

    def _watch(self, opened: socket.socket) -> None:
        """Have the loop call when a reply or an error is there: by an epoll of its own, as libuv stops to watch what reports POLLERR."""
        watch = select.epoll(1)
        watch.register(opened, select.EPOLLIN)
        self._watches.append(watch)
        asyncio.get_running_loop().add_reader(watch.fileno(), self._receive, opened)

    def _receive(self, opened: socket.socket) -> None:
        self._receive_errors(opened)
        while True:
            try:
                reply, sender = opened.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:  # an error that has come since, which the queue has too
                self._receive_errors(opened)
                continue
            question = self._pending.get((sender[0], int.from_bytes(reply[:2])))
            if question is not None:
                self._unreachable.pop(sender[0], None)
                question.receive(reply)

    def _receive_errors(self, opened: socket.socket) -> None:
        """Read ICMP errors: each brings the message that did not arrive, and the address it was for."""
        with contextlib.suppress(BlockingIOError):
            while True:
                message, _, _, (server, *_) = opened.recvmsg(_LARGEST, 0, socket.MSG_ERRQUEUE)
                if (server, int.from_bytes(message[:2])) in self._pending:
                    self._lose(server)

    def _lose(self, server: str) -> None:
        """Give up all questions to a server: not every one brings an error of its own."""
        self._unreachable[server] = time.monotonic() + _UNREACHABLE_SECONDS
        for (other, _), question in self._pending.items():
            if other == server:
                question.lose(server)

    def _close_later(self) -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self._closing = None
        if self._pending:
            self._close_later()
        else:
            self.close()


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server, and where it is asked from."""

    address: str
    vantage: Vantage

    @property
    def is_reachable(self) -> bool:
        """Whether no ICMP error has said lately that it cannot be reached."""
        return self.vantage.reaches(self.address)


async def receive_message(connection: socket.socket) -> bytes:
    """Return the next message of a connection (RFC 1035 4.2.2). Raises OSError, EOFError at the end."""
    (length,) = _LENGTH.unpack(await _receive_exactly(connection, _LENGTH.size))
    return await _receive_exactly(connection, length)


async def send_message(connection: socket.socket, message: bytes) -> None:
    """Send a message over a connection. Raises OSError."""
    await asyncio.get_running_loop().sock_sendall(connection, _LENGTH.pack(len(message)) + message)


async def _receive_exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        part = await asyncio.get_running_loop().sock_recv(connection, length - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _family(server: str) -> socket.AddressFamily:
    return socket.AF_INET if ip_address(server).version == 4 else socket.AF_INET6
