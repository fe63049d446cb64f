"""HTTP on an address of a frontend's own, beside the daemon's listeners."""

import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio

from sdk.frontend import ASGIApp
from sdk.oci.ports import HIGHEST_PORT

_PORT = re.compile(r"[0-9]{1,5}")


def parse_address(address: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT: "" without a host, and an IPv6 address without its brackets. Raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or not _PORT.fullmatch(port) or int(port) > HIGHEST_PORT:
        raise ValueError(f"invalid address {address!r}: use HOST:PORT")
    return host.strip("[]"), int(port)


@asynccontextmanager
async def serving(
    app: ASGIApp, sock: socket.socket, certificate: Path | None = None, key: Path | None = None
) -> AsyncIterator[None]:
    """Serve on a bound socket until the block ends; requests being answered then get two seconds. With PEM files it speaks TLS."""
    import uvicorn  # noqa: PLC0415 - costs memory only where there is such an address

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leave signals to the daemon."""
            yield

    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    server = Server(config)
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve, [sock])
        try:
            yield
        finally:
            server.should_exit = True
