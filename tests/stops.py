"""The ways in which something that is open comes to its end."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import anyio

STOPS = ("ordinary", "error", "cancellation")
"""The daemon's own stop is a cancellation."""


class Broken(Exception):
    """What goes wrong while something is open."""


@contextmanager
def ended_by(stop: str) -> Iterator[Callable[[], Awaitable[None]]]:
    """Give a function that a coroutine in the block awaits as its last act: it ends the block by one of STOPS."""

    async def end() -> None:
        if stop == "error":
            raise Broken
        if stop == "cancellation":
            scope.cancel()
            await anyio.sleep_forever()

    failed = False
    with anyio.CancelScope() as scope:
        try:
            yield end
        except* Broken:
            failed = True
    assert (failed, scope.cancelled_caught) == (stop == "error", stop == "cancellation")
