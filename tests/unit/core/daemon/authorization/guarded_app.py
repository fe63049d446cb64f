"""A small application behind the real server and the door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from core.daemon.authorization.door import Door
from core.daemon.listeners import ListenOptions, open_listeners
from core.daemon.server import serve
from sdk.drivers.authorizer import Authorizer
from tests.unit.core.daemon.serving_app import App, read_all


class Api(App):
    """Besides what `App` does it answers JSON on /json, and without a length on /stream."""

    async def json(self, scope, receive, send) -> None:
        await self._reply(send, [(b"content-type", b"application/json"), (b"content-length", b"7")], [b'{"a"', b":1}"])

    async def stream(self, scope, receive, send) -> None:
        await self._reply(send, [(b"content-type", b"application/json")], [b"{}\n", b"{}\n"])

    async def nothing(self, scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def auth(self, scope, receive, send) -> None:
        await self.json(scope, receive, send)

    async def _reply(self, send, headers, pieces) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})


class Served:
    """The application, its door, and how to ask through it."""

    def __init__(self, app: Api, door: Door, path: str) -> None:
        self.app, self.door, self.path = app, door, path

    async def raw(self, data: bytes) -> bytes:
        """Send bytes on a connection of their own; return all that comes until the server closes it."""
        async with await anyio.connect_unix(self.path) as stream:
            await stream.send(data)
            return await read_all(stream)

    async def ask(self, method: str, target: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Return status and body of one request."""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{length}{headers}\r\n"
        answer, _, content = (await self.raw(head.encode() + body)).partition(b"\r\n\r\n")
        return int(answer.split()[1]), content

    def guard(self, *authorizers: Authorizer) -> None:
        self.door.guard({f"a{number}": each for number, each in enumerate(authorizers, 1)})


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Served]:
    path, ready, app = f"{tmp_path}/s.sock", anyio.Event(), Api()
    door = Door(app)
    async with anyio.create_task_group() as group:
        listeners = open_listeners([f"unix://{path}"], ListenOptions())
        group.start_soon(lambda: serve(door, listeners, on_ready=ready.set))
        await ready.wait()
        with anyio.fail_after(20):
            yield Served(app, door, path)
        group.cancel_scope.cancel()
