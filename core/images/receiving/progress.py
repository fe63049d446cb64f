"""Progress of long operations, as a job reports it."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from sdk import reporting
from sdk.engine.images import Progress

Report = Callable[[Progress], None]
Show = Callable[[int], None]
_INTERVAL = 0.1


def reported(job: Callable[[Report], Awaitable[None]]) -> AsyncGenerator[Progress, None]:
    """Run a job and yield its progress, as `sdk.reporting.reported` does."""
    return reporting.reported(job)


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
