"""A small application behind the real server, and how to read what it answers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from core.daemon.listeners import ListenOptions, open_listeners
from core.daemon.server import dispatch, serve

HEAD = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
UPGRADE = b"Host: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"


class App:
    """Echoes on /echo, answers /early without reading the body, and plainly elsewhere; remembers bodies and disconnects."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.gone = anyio.Event()
        self.sent = 0
        self.addresses: list[object] = []

    async def __call__(self, scope, receive, send) -> None:
        body = b""
        while scope["path"] != "/early":
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if scope["path"] != "/early":
            self.bodies.append(body)
        handler = getattr(self, str(scope["path"]).strip("/"), self.plain)
        await handler(scope, receive, send)

    async def plain(self, scope, receive, send) -> None:
        text = str(scope["path"]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]})
        await send({"type": "http.response.body", "body": text})

    async def echo(self, scope, receive, send) -> None:
        stream = scope["extensions"]["hijack"](HEAD)
        while data := await stream.read():
            await stream.write(data)
        await stream.write(b"after-eof")
        stream.close()

    async def early_exit(self, scope, receive, send) -> None:
        stream = scope["extensions"]["hijack"](HEAD)
        await stream.write(b"bye")
        stream.close()

    async def flood(self, scope, receive, send) -> None:
        stream = scope["extensions"]["hijack"](HEAD)
        for _ in range(256):
            await stream.write(b"x" * 65536)
            self.sent += 65536
        stream.close()

    async def silent(self, scope, receive, send) -> None:
        stream = scope["extensions"]["hijack"](HEAD)
        assert await stream.read() == b""
        with pytest.raises(ConnectionError):
            await stream.read()
        self.gone.set()

    async def take(self, scope, receive, send) -> None:
        scope["extensions"]["takeover"](HEAD, Upper())

    async def forever(self, scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


class Upper(asyncio.Protocol):
    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data.upper())


@asynccontextmanager
async def serving(tmp_path: Path, *, refusing: bool = False, hosts: Sequence[str] = ()) -> AsyncIterator[tuple[App, str]]:
    """Serve an application, which gives its books and the path of its socket. `refusing` has no frontend in front of it."""
    path = f"{tmp_path}/s.sock"
    app, ready = App(), anyio.Event()
    served = dispatch([]) if refusing else app
    listeners = open_listeners([f"unix://{path}", *hosts], ListenOptions())
    app.addresses = [listener.socket.getsockname() for listener in listeners]
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: serve(served, listeners, on_ready=ready.set))
        await ready.wait()
        with anyio.fail_after(20):
            yield app, path
        group.cancel_scope.cancel()


async def read_until(stream: anyio.abc.SocketStream, marker: bytes) -> bytes:
    data = b""
    while marker not in data:
        data += await stream.receive()
    return data


async def read_all(stream: anyio.abc.SocketStream) -> bytes:
    data = bytearray()
    try:
        while True:
            data += await stream.receive()
    except anyio.EndOfStream:
        return bytes(data)
