"""A proxy in front of a registry that breaks on purpose: it cuts, stalls, garbles and refuses as it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"
_TLS_HANDSHAKE = b"\x16"
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """A request as it came. `number` counts all requests from 0; header names are lower case."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one reply. Positions count bytes of the reply's body; `cut_request_after` those of the request's: what
    comes later does not reach the registry. The reply ends after `cut_after`, stops for ever after `stall_after`, and has a byte changed at
    `flip_at`. With `mute` a whole request reaches it, but not its reply the client."""

    reply: bytes | None = None
    cut_request_after: int | None = None
    mute: bool = False
    cut_after: int | None = None
    stall_after: int | None = None
    flip_at: int | None = None
    ignore_range: bool = False


def reply(status: str, body: bytes = b"", **headers: str) -> Fault:
    """Return a fault that answers by itself. Underscores in header names become dashes."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return Fault(reply="\r\n".join(lines).encode() + _HEAD_END + body)


Plan = Callable[[ProxiedRequest], Fault | None]


@dataclass
class FaultyProxy:
    """A running proxy. Replace `plan` to say what happens next; `seen` keeps every request."""

    address: str
    upstream: str
    plan: Plan = lambda _request: None
    seen: list[ProxiedRequest] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection, which carries one request. `served` closes it."""
        with suppress(OSError, asyncio.IncompleteReadError):
            first = await reader.readexactly(1)
            if first == _TLS_HANDSHAKE:
                return
            head = first + await reader.readuntil(_HEAD_END)
            request = _parse(len(self.seen), head)
            self.seen.append(request)
            fault = self.plan(request) or Fault()
            if fault.reply is not None:
                writer.write(fault.reply)
                await writer.drain()
            else:
                await self._forward(request, fault, reader, writer)

    async def _forward(
        self, request: ProxiedRequest, fault: Fault, client: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, _, port = self.upstream.partition(":")
        reader, upstream = await asyncio.open_connection(host, int(port))
        try:
            upstream.write(_head(request, fault, self.address))
            await _send_body(request, fault, client, upstream)
            if fault.cut_request_after is not None:
                return
            head = await reader.readuntil(_HEAD_END)
            if fault.mute:
                return
            writer.write(head)
            await _copy(reader, writer, client, fault)
        finally:
            upstream.close()


_Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Answers one connection."""


@asynccontextmanager
async def served(answer: _Answer, port: int = 0) -> AsyncIterator[int]:
    """Serve on loopback until the block ends; give the port. Answers under way are cut off then, and no connection is left open."""
    answering: set[asyncio.Task[None]] = set()

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.CancelledError):  # asyncio would tell of it
                await answer(reader, writer)
        finally:
            if closing.is_set():
                writer.transport.abort()
            else:
                writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(answered(reader, writer))
        answering.add(task)
        task.add_done_callback(answering.discard)

    closing = asyncio.Event()
    server = await asyncio.start_server(begin, "127.0.0.1", port, limit=_CHUNK)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        closing.set()
        server.close()
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering)
        await asyncio.sleep(0)  # a transport closes in the next turn of the loop


@asynccontextmanager
async def faulty_proxy(upstream: str, port: int) -> AsyncIterator[FaultyProxy]:
    """Run a proxy on loopback in front of a registry until the block ends."""
    proxy = FaultyProxy(f"127.0.0.1:{port}", upstream)
    async with served(proxy.serve, port):
        yield proxy


def _parse(number: int, head: bytes) -> ProxiedRequest:
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _version = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return ProxiedRequest(number, method, path, headers)


def _head(request: ProxiedRequest, fault: Fault, address: str) -> bytes:
    dropped = {"connection", *(("range",) if fault.ignore_range else ())}
    headers = {name: value for name, value in request.headers.items() if name not in dropped} | {
        "host": address,
        "connection": "close",
    }
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("latin-1") + _HEAD_END


async def _send_body(request: ProxiedRequest, fault: Fault, client: asyncio.StreamReader, upstream: asyncio.StreamWriter) -> None:
    length = int(request.headers.get("content-length", "0"))
    left = length if fault.cut_request_after is None else min(length, fault.cut_request_after)
    while left:
        chunk = await client.readexactly(min(left, _CHUNK))
        upstream.write(chunk)
        await upstream.drain()
        left -= len(chunk)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: asyncio.StreamReader, fault: Fault) -> None:
    """Pass a reply's body on, with its fault. A stall lasts until the client goes away."""
    position = 0
    ends = [end for end in (fault.cut_after, fault.stall_after) if end is not None]
    while chunk := await reader.read(min([_CHUNK, *(end - position for end in ends if end > position)])):
        if fault.flip_at is not None and position <= fault.flip_at < position + len(chunk):
            at = fault.flip_at - position
            chunk = chunk[:at] + bytes([chunk[at] ^ 1]) + chunk[at + 1 :]
        writer.write(chunk)
        await writer.drain()
        position += len(chunk)
        if position == fault.stall_after:
            await client.read()
            return
        if position == fault.cut_after:
            return
