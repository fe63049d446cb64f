"""WebSockets over a taken-over connection (RFC 6455), as far as attaching needs: binary messages, pings, closing."""

import base64
import hashlib
import struct
from enum import IntEnum

from anyio.lowlevel import checkpoint
from starlette.datastructures import Headers

from plugins.api_docker.replies import Hijacking
from sdk.drivers.logs import StdStream
from sdk.engine.containers import Session
from sdk.frontend import HijackedStream

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LARGEST_MESSAGE = 16 << 20
_NORMAL, _PROTOCOL_ERROR, _TOO_BIG = 1000, 1002, 1009
_MASKED = 0x80
_SIZE_FOLLOWS_16, _SIZE_FOLLOWS_64 = 126, 127


class Opcode(IntEnum):
    """RFC 6455 section 5.2."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


def accept_key(key: bytes) -> bytes:
    """Return the answer to a client's `Sec-WebSocket-Key`."""
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def frame(opcode: Opcode, payload: bytes) -> bytes:
    """Return an unmasked, final frame."""
    size = len(payload)
    if size < _SIZE_FOLLOWS_16:
        head = struct.pack(">BB", 0x80 | opcode, size)
    elif size < 1 << 16:
        head = struct.pack(">BBH", 0x80 | opcode, _SIZE_FOLLOWS_16, size)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, _SIZE_FOLLOWS_64, size)
    return head + payload


class WebSocketClient:
    """A client that attached by WebSocket (`sdk.engine.containers.ProcessClient`): one binary message per piece of either stream."""

    def __init__(self, stream: HijackedStream) -> None:
        self._stream = stream
        self._buffer = bytearray()
        self._ended = False

    async def receive(self) -> bytes:
        """Return what the client typed, then b"" when it closed. Raises ConnectionError when it is lost or breaks the protocol."""
        while self._ended:
            await self._stream.read()
        data = await self._next_input()
        self._ended = not data
        return data

    async def send(self, stream: StdStream, data: bytes) -> None:
        """Deliver output."""
        del stream
        await self._stream.write(frame(Opcode.BINARY, data))

    async def close(self, code: int = _NORMAL) -> None:
        """Say goodbye."""
        await self._stream.write(frame(Opcode.CLOSE, struct.pack(">H", code)))

    async def _next_input(self) -> bytes:
        while True:
            opcode, payload = await self._next_frame()
            match opcode:
                case Opcode.PING:
                    await self._stream.write(frame(Opcode.PONG, payload))
                case Opcode.CLOSE:
                    return b""
                case Opcode.CONTINUATION | Opcode.TEXT | Opcode.BINARY if payload:
                    return payload
            await checkpoint()  # a client may send nothing but frames without content

    async def _next_frame(self) -> tuple[int, bytes]:
        """Return the next frame, unmasked; the end of the connection counts as a close."""
        try:
            first, second = await self._take(2)
            size = second & 0x7F
            if size >= _SIZE_FOLLOWS_16:
                size = int.from_bytes(await self._take(2 if size == _SIZE_FOLLOWS_16 else 8))
            if not second & _MASKED or size > _LARGEST_MESSAGE:
                await self.close(_PROTOCOL_ERROR if size <= _LARGEST_MESSAGE else _TOO_BIG)
                raise ConnectionAbortedError("the client broke the WebSocket protocol")
            return first & 0x0F, _unmask(await self._take(4), await self._take(size))
        except EOFError:
            return Opcode.CLOSE, b""

    async def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = await self._stream.read()
            if not data:
                raise EOFError
            self._buffer += data
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


class WebSocketReply(Hijacking):
    """Runs a session with a client that speaks WebSocket."""

    def __init__(self, session: Session) -> None:
        async def serve(stream: HijackedStream) -> None:
            client = WebSocketClient(stream)
            await session.run(client)
            await client.close()

        super().__init__(serve, "")

    def head(self, request: Headers) -> list[bytes]:
        """Accept the handshake (RFC 6455 section 4.2.2)."""
        accept = accept_key(request.get("sec-websocket-key", "").encode())
        lines = [b"HTTP/1.1 101 Switching Protocols", b"Connection: Upgrade", b"Upgrade: websocket"]
        return [*lines, b"Sec-WebSocket-Accept: " + accept]


def _unmask(mask: bytes, payload: bytes) -> bytes:
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(len(payload))
