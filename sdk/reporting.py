"""Long operations that tell how they go: what a job reports, one thing after another, to the one who reads."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def reported(job: Callable[[Callable[[T], None]], Awaitable[None]]) -> AsyncGenerator[T, None]:
    """Run a job and yield what it reports; raise what it raises. Closing the iterator cancels the job and waits until it has tidied up."""
    pending: deque[T] = deque()
    wake = asyncio.Event()

    def report(told: T) -> None:
        pending.append(told)
        wake.set()

    task = asyncio.ensure_future(job(report))
    task.add_done_callback(lambda _task: wake.set())
    try:
        while pending or not task.done():
            if not pending:
                wake.clear()
                await wake.wait()
            while pending:
                yield pending.popleft()
        await task
    finally:
        if not task.done():
            task.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # retrieved: a reader that left is not told, and the log need not be
