"""Work that is cancelled at most once."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def cancelled_once(job: Coroutine[object, object, T]) -> T:
    """Run a job; cancelled, cancel it and wait until it has tidied up.

    grpclib cancels a call once for each sign that its client is gone (the stream, the connection), and a second time would cut off
    the tidying: anyio's shields do not keep out asyncio's own cancellation.
    """
    task = asyncio.ensure_future(job)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise
