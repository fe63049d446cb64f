"""A container's DNS server: two sockets on the event loop, no thread and no process."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Sequence

import anyio

from core.background import Background
from core.networks.dns import codec
from core.networks.dns.answers import Answers
from core.networks.dns.codec import Address, Query
from core.networks.dns.directory import Directory
from core.networks.dns.listening import Listening
from core.networks.dns.scope import Scope
from core.networks.dns.upstreams import Upstreams
from core.networks.dns.vantage import Upstream, Vantage, receive_message, send_message

_BURST = 32
"""Questions answered before the loop turns to others."""

_LARGEST = 65535
_CONNECTIONS = 64
_IDLE_SECONDS = 10.0
_KEPT = 256
_NUMBER = 2


class Rotation:
    """The reply to one question, with a different address first each time, as clients take the first."""

    def __init__(self, query: Query, found: Sequence[Address | str], limit: int) -> None:
        self._query, self._found, self._limit = query, found, limit
        self._replies: list[bytes] = []
        self._turns = itertools.cycle(range(max(1, len(found))))

    def next(self) -> bytes:
        """Return the next reply; each is encoded once."""
        turn = next(self._turns)
        if turn == len(self._replies):
            self._replies.append(codec.answer(self._query, [*self._found[turn:], *self._found[:turn]], self._limit))
        return self._replies[turn]


class NameServer:
    """Answers at 127.0.0.11 from the directory, at once; all else is other servers' and waited for in the background."""

    def __init__(self, directory: Directory, listening: Listening, vantage: Vantage, background: Background) -> None:
        self._directory = directory
        self._listening = listening
        self._vantage = vantage
        self._background = background
        self._connections: set[socket.socket] = set()
        self._kept: dict[bytes, Rotation] = {}
        self._kept_version = -1
        self.configure(Scope(), ())
        loop = asyncio.get_running_loop()
        loop.add_reader(listening.udp.fileno(), self._receive)
        loop.add_reader(listening.tcp.fileno(), self._accept)

    def configure(self, scope: Scope, upstreams: Sequence[Upstream]) -> None:
        """Learn what the container sees from now on, and who is asked for other names."""
        self._answers = Answers(self._directory, scope)
        self._upstreams = Upstreams(upstreams)
        self._kept_version = -1

    def close(self) -> None:
        """Stop answering."""
        loop = asyncio.get_running_loop()
        for listener in (self._listening.udp, self._listening.tcp):
            loop.remove_reader(listener.fileno())
        self._listening.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._vantage.close()

    # UDP -------------------------------------------------------------------------------------------------------------

    def _receive(self) -> None:
        for _ in range(_BURST):
            try:
                data, client = self._listening.udp.recvfrom(_LARGEST)
            except OSError:
                return
            reply = self._kept_reply(data) or self._local(data, by_udp=True)
            if reply is None:
                self._background.start("a question to other name servers", self._forward, data, client)
            elif reply:
                self._send(reply, client)

    def _send(self, reply: bytes, client: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # the client is gone, or its queue is full and it asks again
            self._listening.udp.sendto(reply, client)

    async def _forward(self, data: bytes, client: tuple[str, int]) -> None:
        self._send(await self._ask(data, whole=False), client)

    # TCP -------------------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _ = self._listening.tcp.accept()
        except OSError:
            return
        if len(self._connections) >= _CONNECTIONS:
            connection.close()
            return
        connection.settimeout(0)
        self._connections.add(connection)
        self._background.start("a name client's connection", self._serve, connection)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                while True:
                    with anyio.fail_after(_IDLE_SECONDS):
                        data = await receive_message(connection)
                        reply = self._local(data, by_udp=False)
                        await send_message(connection, await self._ask(data, whole=True) if reply is None else reply)
        finally:
            self._connections.discard(connection)
            connection.close()

    # Answers ---------------------------------------------------------------------------------------------------------

    def _local(self, data: bytes, *, by_udp: bool) -> bytes | None:
        """Return the answer that is known here, b"" to what deserves none, None if others have to be asked."""
        query = codec.parse(data)
        if query is None:
            return codec.rejection(data)
        limit = query.limit if by_udp else _LARGEST
        found = self._answers.find(query)
        if found is None:
            return None if self._answers.may_forward(query) else codec.answer(query, (), limit)
        rotation = Rotation(query, found, limit)
        if by_udp:
            self._keep(data, rotation)
        return rotation.next()

    async def _ask(self, data: bytes, *, whole: bool) -> bytes:
        reply = await self._upstreams.ask(data, whole=whole)
        return codec.failed(data, codec.SERVER_FAILURE) if reply is None else reply

    def _kept_reply(self, data: bytes) -> bytes | None:
        """Return the answer given to the same question before, with the addresses in turn."""
        if self._kept_version != self._directory.version:
            self._kept.clear()
            self._kept_version = self._directory.version
        rotation = self._kept.get(data[_NUMBER:])
        return data[:_NUMBER] + rotation.next()[_NUMBER:] if rotation is not None else None

    def _keep(self, data: bytes, rotation: Rotation) -> None:
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[data[_NUMBER:]] = rotation
