"""Frames over a socket, on an event loop: what comes is handed on frame by frame, what is sent is not waited for."""

import asyncio
import socket
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from sdk.errors import Unavailable
from sdk.isolation.frames import FromDaemon, FromPlugin, Splitter, encode

F = TypeVar("F")

_UNSENT = 32 << 20
"""Bytes that may wait for a reader. A process that does not read is told nothing more."""


class Channel(asyncio.Protocol, Generic[F]):
    """One end. `receive` gets each frame; `lost` is called once, with why the connection ended: "" where the other side closed it."""

    def __init__(self, decode: Callable[[bytes], F], receive: Callable[[F], None], lost: Callable[[str], None]) -> None:
        self._decode, self._receive, self._lost = decode, receive, lost
        self._splitter = Splitter()
        self._transport: asyncio.Transport | None = None
        self._why = ""
        self._writable = asyncio.Event()
        self._writable.set()

    async def open(self, connection: socket.socket) -> None:
        """Begin on a connected stream socket, which is the channel's from now on."""
        await asyncio.get_running_loop().create_connection(lambda: self, sock=connection)

    @property
    def is_full(self) -> bool:
        """Tell whether so much waits for the reader that `send` refuses more."""
        return self._transport is not None and self._transport.get_write_buffer_size() > _UNSENT

    async def room(self) -> None:
        """Wait until `send` refuses nothing: what was sent is out, or the connection has ended."""
        while not self._writable.is_set():  # one that waited with this one may have sent already
            await self._writable.wait()

    def send(self, frame: FromDaemon | FromPlugin) -> None:
        """Send a frame; without effect when the connection has ended. Raises what `encode` raises, and Unavailable for a reader that does
        not read."""
        if self.is_full:
            raise Unavailable("the other side reads nothing")
        self.urge(frame)

    def urge(self, frame: FromDaemon | FromPlugin) -> None:
        """Send a short frame of which there are few, also to a reader that does not read. Raises what `encode` raises."""
        data = encode(frame)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """End the connection once what was sent is out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def pause_writing(self) -> None:
        """Have answers wait for the reader."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Have answers go out again."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Hand on what is complete. What is no frame ends the connection: after it nothing can be told apart."""
        try:
            for body in self._splitter.feed(data):
                self._receive(self._decode(body))
        except ValueError as error:
            self._why = self._why or f"it sent what is no frame: {error}"
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # that it was reset says no more than that the process ended
        self._writable.set()
        self._lost(self._why)
