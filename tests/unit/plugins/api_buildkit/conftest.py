"""A client's session: a connection on which the client serves what a test gives it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from plugins.api_buildkit.connections import CallingConnection, Service, ServingConnection

Joined = Callable[..., AbstractAsyncContextManager[CallingConnection]]


@asynccontextmanager
async def _joined(*services: Service) -> AsyncIterator[CallingConnection]:
    """Give the daemon's end of a connection whose other end serves."""
    ours, theirs = socket.socketpair()
    calling, serving = CallingConnection(), ServingConnection(services)
    loop = asyncio.get_running_loop()
    await loop.connect_accepted_socket(lambda: serving, theirs)
    await loop.create_connection(lambda: calling.protocol, sock=ours)
    try:
        yield calling
    finally:
        calling.close()
        await asyncio.wait_for(serving.run(), 30)


@pytest.fixture
def joined() -> Joined:
    return _joined
