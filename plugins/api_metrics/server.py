"""An address of our own beside the daemon's listeners: plain HTTP, as dockerd's."""

import os
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import uvicorn

from sdk.errors import InvalidArgument
from sdk.frontend import ASGIApp

_HIGHEST_PORT = 65535
_BACKLOG = 64


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the daemon."""
        yield


def open_socket(address: str) -> socket.socket:
    """Bind HOST:PORT; without a host every address of the machine, as dockerd does. Raises InvalidArgument if it is none, or is taken."""
    host, colon, port = address.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > _HIGHEST_PORT:
        raise InvalidArgument(f"failed to start metrics server: invalid address {address!r}: use HOST:PORT")
    try:
        return _bound(host.strip("[]"), int(port))
    except OSError as error:
        number = error.errno or 0
        reason = (os.strerror(number) if number > 0 else str(error.strerror)).lower()  # below 0: of a name that is not found
        raise InvalidArgument(f"failed to start metrics server: listen tcp {address}: {reason}") from error


def _bound(host: str, port: int) -> socket.socket:
    if not host and socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


@asynccontextmanager
async def serving(app: ASGIApp, sock: socket.socket) -> AsyncIterator[None]:
    """Serve on a bound socket until the block ends; requests being answered then get two seconds."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve, [sock])
        try:
            yield
        finally:
            server.should_exit = True
