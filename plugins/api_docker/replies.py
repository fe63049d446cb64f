"""Replies: JSON bytes, streams that start at once, and connections taken over."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, cast

import anyio
import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sdk.errors import EngineError
from sdk.frontend import HijackedStream

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_log = logging.getLogger(__name__)


def encode(value: object) -> bytes:
    """Encode a value as one line of JSON."""
    return _encoder.encode(value) + b"\n"


def json(value: object, status: int = 200) -> Response:
    """Return a JSON reply."""
    return Response(encode(value), status, media_type="application/json")


@asynccontextmanager
async def closing(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """Close an iterator at the end, if it can be: what makes the items is told that no client reads them any more."""
    try:
        yield items
    finally:
        close = getattr(items, "aclose", None)
        if close is not None:
            with anyio.CancelScope(shield=True):
                await close()


def no_content() -> Response:
    """Return 204."""
    return Response(status_code=204)


def not_modified() -> Response:
    """Return 304, which has no body."""
    return Response(status_code=304)


class Streaming(Response):
    """Sends its head at once and then each chunk as it comes. When the client goes away the chunks are closed.

    `uploading` says that the request's body is still being read by what makes the chunks; the reader then notices the client's end.
    """

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        media_type: str | None = "application/json",
        *,
        headers: Mapping[str, str] | None = None,
        uploading: bool = False,
    ) -> None:
        super().__init__(None, headers=dict(headers or {}), media_type=media_type)
        del self.headers["content-length"]
        self._chunks = chunks
        self._uploading = uploading
        self._ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream. A client that only ended its side gets the end of it."""
        del scope
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with anyio.create_task_group() as group:
            if not self._uploading:
                group.start_soon(self._cancel_on_disconnect, receive, group.cancel_scope)
            is_complete = await self._send_chunks(send)
            self._ended = True  # the watcher, which is told of the response's end as of the client's, has nothing to cancel
            if is_complete:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                group.cancel_scope.cancel()
        if not self._ended:  # the client ended its side
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _cancel_on_disconnect(self, receive: Receive, scope: anyio.CancelScope) -> None:
        await disconnected(receive)
        if not self._ended:
            scope.cancel()

    async def _send_chunks(self, send: Send) -> bool:
        try:
            async with closing(self._chunks) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except EngineError as error:
            _log.warning("a reply is cut off: %s", error.message)  # the server closes the connection, which tells the client
            return False
        return True


class Hijacking(Response):
    """Takes the connection over: 101 if the client asked for an upgrade, else a 200 without length, then raw bytes."""

    def __init__(self, serve: Callable[[HijackedStream], Awaitable[None]], content_type: str) -> None:
        super().__init__()
        self._serve = serve
        self._content_type = content_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the raw connection to `serve`; it is closed when that returns."""
        del receive, send
        hijack = cast(Callable[[bytes], HijackedStream], scope["extensions"]["hijack"])
        lines = [*self.head(Headers(scope=scope)), *(name.title() + b": " + value for name, value in scope["identity_headers"])]
        stream = hijack(b"\r\n".join(lines) + b"\r\n\r\n")
        try:
            with suppress(ConnectionError):
                await self._serve(stream)
        finally:
            stream.close()

    def head(self, request: Headers) -> list[bytes]:
        """Return the status line and the headers that answer a request's."""
        kind = f"Content-Type: {self._content_type}".encode()
        if "upgrade" in request:
            return [b"HTTP/1.1 101 UPGRADED", kind, b"Connection: Upgrade", b"Upgrade: tcp"]
        return [b"HTTP/1.1 200 OK", kind]


async def disconnected(receive: Receive) -> None:
    """Return when the client has left, or its response is complete."""
    while (await receive())["type"] != "http.disconnect":
        pass
