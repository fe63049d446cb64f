"""Progress of long operations: what a job reports, one thing after another, to the one who reads."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable

import anyio

from sdk.engine.images import Progress

Report = Callable[[Progress], None]
Show = Callable[[int], None]
_INTERVAL = 0.1


async def reported(job: Callable[[Report], Awaitable[None]]) -> AsyncGenerator[Progress, None]:
    """Run a job and yield what it reports; raise what it raises. Closing the iterator cancels the job and waits until it has tidied up."""
    pending: deque[Progress] = deque()
    wake = asyncio.Event()

    def report(progress: Progress) -> None:
        pending.append(progress)
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


class Meter:
    """Reports how far something of a known size is, a few times a second."""

    def __init__(self, report: Report, status: str, layer: str, total: int) -> None:
        self._report = report
        self._status = status
        self._layer = layer
        self._total = total
        self._next = 0.0

    def show(self, current: int) -> None:
        """Report the position if the last report is a while ago."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _INTERVAL
            self._report(Progress(self._status, self._layer, current, self._total))
