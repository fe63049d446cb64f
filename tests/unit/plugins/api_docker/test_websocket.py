"""Frames of RFC 6455, whole, cut, hostile."""

import struct
from collections.abc import Iterable

import pytest
from starlette.datastructures import Headers

from plugins.api_docker.websocket import Opcode, WebSocketClient, WebSocketReply, accept_key, frame
from sdk.drivers.logs import StdStream

pytestmark = pytest.mark.anyio

MASK = b"\x01\x02\x03\x04"


class Wire:
    """A raw connection: gives what a client sent, in pieces, and keeps what it is told."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = list(pieces)
        self.written = b""
        self.closed = False

    async def read(self) -> bytes:
        if self._pieces:
            return self._pieces.pop(0)
        if self.closed:
            raise ConnectionResetError("the client is gone")
        self.closed = True
        return b""

    async def write(self, data: bytes) -> None:
        self.written += data

    def write_eof(self) -> None:
        raise AssertionError

    def close(self) -> None:
        raise AssertionError


def sent(opcode: int, payload: bytes, *, final: bool = True, size: int | None = None) -> bytes:
    """Return a client's frame, masked; with `size` it says another length, in 8 bytes."""
    head = bytes([(0x80 if final else 0) | opcode])
    if size is not None:
        head += b"\xff" + struct.pack(">Q", size)
    elif len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 1 << 16:
        head += b"\xfe" + struct.pack(">H", len(payload))
    else:
        head += b"\xff" + struct.pack(">Q", len(payload))
    return head + MASK + bytes(byte ^ MASK[position % 4] for position, byte in enumerate(payload))


@pytest.mark.parametrize("size", [1, 3, 4, 125, 126, 65535, 65536])
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION])
async def test_a_message_of_any_length(opcode: Opcode, size: int) -> None:
    payload = bytes(range(256)) * (size // 256 + 1)
    client = WebSocketClient(Wire([sent(opcode, payload[:size])]))
    assert await client.receive() == payload[:size]


async def test_messages_come_in_whatever_pieces_the_network_makes() -> None:
    stream = sent(Opcode.TEXT, b"one") + sent(Opcode.BINARY, b"two") + sent(Opcode.CLOSE, struct.pack(">H", 1000))
    client = WebSocketClient(Wire(bytes([byte]) for byte in stream))
    assert [await client.receive() for _ in range(3)] == [b"one", b"two", b""]


async def test_a_ping_is_answered_and_frames_without_content_are_no_end() -> None:
    wire = Wire(
        [
            sent(Opcode.PING, b"are you there"),
            sent(Opcode.PONG, b"x"),
            sent(Opcode.BINARY, b""),
            sent(11, b"?"),
            sent(Opcode.TEXT, b"a"),
        ]
    )
    assert await WebSocketClient(wire).receive() == b"a"
    assert wire.written == frame(Opcode.PONG, b"are you there")


@pytest.mark.parametrize("stream", [b"", b"\x82", sent(Opcode.BINARY, b"cut")[:-1], sent(Opcode.BINARY, b"", size=10)[:9]])
async def test_the_end_of_the_connection_is_an_end_once(stream: bytes) -> None:
    client = WebSocketClient(Wire([stream] if stream else []))
    assert await client.receive() == b""
    with pytest.raises(ConnectionError):
        await client.receive()


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"\x82\x01a", 1002),
        (b"\x82\x7e\x01\x00" + bytes(256), 1002),
        (sent(Opcode.BINARY, b"", size=(16 << 20) + 1), 1009),
        (sent(Opcode.BINARY, b"", size=(1 << 64) - 1), 1009),
    ],
)
async def test_a_client_that_breaks_the_protocol_is_told_and_left(stream: bytes, code: int) -> None:
    wire = Wire([stream])
    with pytest.raises(ConnectionAbortedError):
        await WebSocketClient(wire).receive()
    assert wire.written == frame(Opcode.CLOSE, struct.pack(">H", code))


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x82\x00"),
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (65535, b"\x82\x7e\xff\xff"),
        (65536, b"\x82\x7f\0\0\0\0\0\x01\0\0"),
    ],
)
async def test_output_is_one_binary_message_of_either_stream(size: int, head: bytes) -> None:
    for stream in (StdStream.STDOUT, StdStream.STDERR):
        wire = Wire([])
        await WebSocketClient(wire).send(stream, b"x" * size)
        assert wire.written == head + b"x" * size


class Echo:
    """A session that gives back what the client types."""

    terminal = False

    async def run(self, client: WebSocketClient) -> None:
        while data := await client.receive():
            await client.send(StdStream.STDOUT, data)


async def test_a_handshake_and_a_session() -> None:
    assert accept_key(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    wire, heads = Wire([sent(Opcode.BINARY, b"hello")]), list[bytes]()
    wire.close = lambda: None

    def hijack(head: bytes) -> Wire:
        heads.append(head)
        return wire

    scope = {
        "type": "http",
        "headers": [(b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")],
        "extensions": {"hijack": hijack},
        "identity_headers": [(b"api-version", b"1.55")],
    }
    reply = WebSocketReply(Echo())
    assert reply.head(Headers(scope=scope))[0] == b"HTTP/1.1 101 Switching Protocols"
    await reply(scope, None, None)
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nApi-Version: 1.55\r\n\r\n" in heads[0]
    assert wire.written == frame(Opcode.BINARY, b"hello") + frame(Opcode.CLOSE, struct.pack(">H", 1000))
