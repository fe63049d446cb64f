"""The HTTP server: uvicorn's parser and request cycle inside our own task group."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

import anyio
from uvicorn.config import Config

from core.daemon.connections import Connections
from core.daemon.hijack import HijackableProtocol
from core.daemon.listeners import Listener
from core.daemon.tls import behind_tls
from sdk.frontend import HTTP2_PATH, ApiFrontend, ASGIApp, Receive, Scope, Send, reply

_A_YEAR = 365 * 24 * 3600
_ANSWER_SECONDS = 10.0
_UNWIND_SECONDS = 2.0
_BACKLOG = 1024


async def serve(app: ASGIApp, listeners: Sequence[Listener], *, on_ready: Callable[[], None] = lambda: None) -> None:
    """Serve until cancelled, then stop: requests being answered get up to ten seconds, streams are cut at once.

    `on_ready` is called when every listener accepts connections. The listeners are closed at the end.
    """
    state = Connections()
    config = _configure(app)
    servers: list[asyncio.Server] = []
    try:
        servers += [await _accept(listener, config, state) for listener in listeners]
        on_ready()
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            await _stop(servers, listeners, state)


def dispatch(frontends: Sequence[tuple[ApiFrontend, ASGIApp]]) -> ASGIApp:
    """Return one application that hands each request to the frontend that claims most of its path."""

    def by_claim(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        path, claimed = str(scope["path"]), 0
        chosen: ASGIApp = _no_http2 if path == HTTP2_PATH else _unclaimed
        for frontend, app in frontends:
            claim = frontend.claims(path)
            if claim > claimed and frontend.accepts(path, _query(scope)):
                claimed, chosen = claim, app
        return chosen(scope, receive, send)

    return by_claim


def _query(scope: Scope) -> str:
    query = scope.get("query_string", b"")
    return query.decode("latin-1") if isinstance(query, bytes) else ""


async def _unclaimed(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer where no frontend serves."""
    del scope, receive
    await reply(send, 404)


async def _no_http2(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a connection in HTTP/2 where no frontend takes it."""
    del scope, receive
    await reply(send, 400, b"no frontend of this daemon speaks HTTP/2", [(b"content-type", b"text/plain; charset=utf-8")])


def _configure(app: ASGIApp) -> Config:
    config = Config(
        app,
        http=HijackableProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_A_YEAR,  # clients keep connections in pools and do not expect them to die
    )
    config.load()
    return config


async def _accept(listener: Listener, config: Config, state: Connections) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    connection = behind_tls(listener.tls, lambda: HijackableProtocol(config, state), state.admission.admit)
    if listener.socket.family == socket.AF_UNIX:
        return await loop.create_unix_server(connection, sock=listener.socket, backlog=_BACKLOG)
    return await loop.create_server(connection, sock=listener.socket, backlog=_BACKLOG)


async def _stop(servers: Sequence[asyncio.Server], listeners: Sequence[Listener], state: Connections) -> None:
    for server in servers:
        server.close()
    for listener in listeners:
        listener.close()
    connections = [c for c in state.connections if isinstance(c, HijackableProtocol)]
    for connection in connections:
        connection.shutdown()
    await _until(lambda: not any(c.is_answering for c in connections), _ANSWER_SECONDS)
    for transport in (*(connection.transport for connection in connections), *state.taken):
        transport.close()
    await _until(lambda: not state.tasks, _UNWIND_SECONDS)
    for task in tuple(state.tasks):
        task.cancel()
    await _until(lambda: not state.tasks, _UNWIND_SECONDS)


async def _until(done: Callable[[], bool], seconds: float) -> None:
    deadline = monotonic() + seconds
    while not done() and monotonic() < deadline:  # noqa: ASYNC110 - nothing signals these counters
        await anyio.sleep(0.02)
