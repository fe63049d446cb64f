"""Where other name servers are asked from: a container's network namespace, or the host's."""

import asyncio
import contextlib
import socket
import struct
from ipaddress import ip_address

import anyio
from anyio import CapacityLimiter

from core.networks.dns.question import Question
from sdk.linux.namespaces import in_network_namespace

_THREADS = 4
_IDLE_SECONDS = 30.0
_PORT = 53
_LARGEST = 65535
_LENGTH = struct.Struct(">H")


class Vantage:
    """Asks servers from a network namespace, given by its path; "" is the daemon's own.

    A socket by UDP is opened by the first question and closed when there has been none for half a minute.
    """

    def __init__(self, path: str = "") -> None:
        self._path = path
        self._limiter = CapacityLimiter(_THREADS)
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._pending: dict[tuple[str, int], Question] = {}
        self._closing: asyncio.TimerHandle | None = None

    async def send(self, server: str, question: Question) -> None:
        """Send a question; the reply arrives in it. Raises OSError."""
        family = _family(server)
        if family not in self._sockets:
            opened = await self._open(family, socket.SOCK_DGRAM)
            if family in self._sockets:  # somebody else was as fast
                opened.close()
            else:
                self._sockets[family] = opened
                asyncio.get_running_loop().add_reader(opened.fileno(), self._receive, opened)
        self._pending[server, question.number] = question
        self._sockets[family].sendto(question.message, (server, _PORT))
        self._close_later()

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
        for opened in self._sockets.values():
            asyncio.get_running_loop().remove_reader(opened.fileno())
            opened.close()
        self._sockets.clear()

    async def _open(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        def work() -> socket.socket:
            return socket.socket(family, kind | socket.SOCK_NONBLOCK)

        if not self._path:
            return work()
        return await anyio.to_thread.run_sync(lambda: in_network_namespace(self._path, work), limiter=self._limiter)

    def _receive(self, opened: socket.socket) -> None:
        while True:
            try:
                reply, sender = opened.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:  # a server's port is closed; another answer may follow
                continue
            question = self._pending.get((sender[0], int.from_bytes(reply[:2])))
            if question is not None:
                question.receive(reply)

    def _close_later(self) -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self._closing = None
        if self._pending:
            self._close_later()
        else:
            self.close()


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
