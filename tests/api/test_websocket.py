"""Attaching by WebSocket, with a client written from RFC 6455."""

import base64
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

import pytest

from tests.api.conftest import Api
from tests.api.test_streams import read_head

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10


def masked(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    mask = os.urandom(4)
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = struct.pack(">BH", 0x80 | 126, size)
    else:
        length = struct.pack(">BQ", 0x80 | 127, size)
    return bytes([(0x80 if final else 0) | opcode]) + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class Client:
    def __init__(self, connection: socket, rest: bytes) -> None:
        self.connection = connection
        self.buffer = rest

    def take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            data = self.connection.recv(65536)
            assert data, "the server closed"
            self.buffer += data
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def receive(self) -> tuple[int, bytes]:
        first, size = self.take(2)
        if size > 125:
            size = int.from_bytes(self.take(2 if size == 126 else 8))
        return first & 0xF, self.take(size)

    def receive_bytes(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            opcode, payload = self.receive()
            assert opcode == BINARY
            data += payload
        return data

    def send(self, opcode: int, payload: bytes = b"", **options: bool) -> None:
        self.connection.sendall(masked(opcode, payload, **options))


@contextmanager
def attached(api: Api) -> Iterator[Client]:
    api.create("cat", name="x", OpenStdin=True)
    with api.raw() as connection:
        key = base64.b64encode(b"the sample nonce")
        connection.sendall(
            b"GET /v1.41/containers/x/attach/ws?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )
        first, headers, rest = read_head(connection)
        assert first == b"HTTP/1.1 101 Switching Protocols"
        assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        api.call("POST", "/containers/x/start")
        yield Client(connection, rest)


@pytest.mark.parametrize("size", [1, 125, 126, 65535, 65536, 300_000])
def test_messages_of_any_size_come_back(api: Api, size: int) -> None:
    with attached(api) as client:
        client.send(BINARY, b"x" * size)
        assert client.receive_bytes(size) == b"x" * size


def test_pieces_of_a_message_are_passed_on_and_pings_answered(api: Api) -> None:
    with attached(api) as client:
        client.send(BINARY, b"one", final=False)
        assert client.receive() == (BINARY, b"one")
        client.send(PING, b"there?")
        assert client.receive() == (PONG, b"there?")
        client.send(0, b"two")
        assert client.receive() == (BINARY, b"two")


def test_a_close_ends_the_input_and_is_answered(api: Api) -> None:
    with attached(api) as client:
        client.send(CLOSE, struct.pack(">H", 1000))
        assert client.receive() == (CLOSE, struct.pack(">H", 1000))
    assert api.call("GET", "/containers/x/json").json["State"]["Status"] == "exited"


@pytest.mark.parametrize(("frame", "code"), [(b"\x82\x01x", 1002), (b"\x82\xff\0\0\0\1\0\0\0\0", 1009)])
def test_who_breaks_the_protocol_is_cut_off(api: Api, frame: bytes, code: int) -> None:
    with attached(api) as client:
        client.connection.sendall(frame)
        assert client.receive() == (CLOSE, struct.pack(">H", code))


def test_other_requests_are_refused(api: Api) -> None:
    assert api.call("GET", "/containers/x/attach/ws").message == "No such container: x"
    api.create("cat", name="x")
    assert api.call("GET", "/containers/x/attach/ws").status == 400


@pytest.mark.parametrize(
    ("origin", "status"), [("http://docker", 101), ("http://docker:80", 101), ("http://evil.example", 403), ("null", 403)]
)
def test_a_page_from_elsewhere_is_refused(api: Api, origin: str, status: int) -> None:
    api.create("cat", name="x")
    api.call("POST", "/containers/x/start")
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "eA==", "Origin": origin}
    response = api.open("GET", "/containers/x/attach/ws?stream=1&stdout=1", None, headers)
    assert response.status == status
    response.close()


@pytest.mark.parametrize("host", ["Host: \r\n", "Host:\r\n"])
def test_a_program_that_names_no_host_may_have_to_give_an_origin(api: Api, host: str) -> None:
    api.create("cat", name="x")
    api.call("POST", "/containers/x/start")
    head = f"{host}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nOrigin: http://localhost\r\n\r\n"
    with api.raw() as connection:
        connection.sendall(f"GET /containers/x/attach/ws?stream=1&stdout=1 HTTP/1.1\r\n{head}".encode())
        assert connection.recv(12) == b"HTTP/1.1 101"
