"""An application served to other programs by our own server, in a thread of its own."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import anyio

from core.daemon.listeners import Listener
from core.daemon.server import serve
from sdk.frontend import ASGIApp


@contextmanager
def serving(app: ASGIApp, listeners: Sequence[Listener], *, use_uvloop: bool = True) -> Iterator[None]:
    """Serve until the block ends."""
    started, stop = threading.Event(), threading.Event()

    async def run() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(serve, app, listeners, on_ready=started.set))
            await anyio.to_thread.run_sync(stop.wait)
            group.cancel_scope.cancel()

    thread = threading.Thread(target=anyio.run, args=(run,), kwargs={"backend_options": {"use_uvloop": use_uvloop}})
    thread.start()
    assert started.wait(30)
    yield
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
