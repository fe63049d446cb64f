"""An address of our own beside the daemon's listeners."""

import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import uvicorn

from plugins.api_registry.settings import RegistrySettings
from sdk.errors import InvalidArgument
from sdk.frontend import ASGIApp

_HIGHEST_PORT = 65535


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the daemon."""
        yield


def open_socket(settings: RegistrySettings) -> socket.socket:
    """Bind the address. Raises InvalidArgument if it is none, is taken, or is open to the network without users."""
    host, _, port = settings.address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > _HIGHEST_PORT:
        raise InvalidArgument(f"invalid address {settings.address!r}: use HOST:PORT")
    if not (settings.users or settings.allow_open or settings.read_only or _is_loopback(host)):
        raise InvalidArgument(f"refusing to serve a registry on {settings.address} without users; set allow_open to allow it")
    try:
        return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024)
    except OSError as error:
        raise InvalidArgument(f"cannot listen on {settings.address}: {error.strerror}") from error


@asynccontextmanager
async def serving(app: ASGIApp, sock: socket.socket, settings: RegistrySettings) -> AsyncIterator[None]:
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
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )
    server = _Server(config)
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve, [sock])
        try:
            yield
        finally:
            server.should_exit = True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
