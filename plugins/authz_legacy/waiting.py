"""Waiting for a plugin that is started, or started again: none tells when it is there."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from sdk.errors import Unavailable

T = TypeVar("T")

PAUSE = 0.1
"""Seconds between two attempts."""


async def until(end: float, attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what `attempt` returns, which is made again where the plugin cannot be reached (Unavailable): the last time once `end` has come.

    `end` is a moment of the event loop's clock. There are two attempts at the least: a kept connection ends with the process that it was made
    to, and there may be a new one. Raises what the last attempt raises, and at once whatever is not Unavailable.
    """
    while True:
        try:
            return await attempt()
        except Unavailable:
            if anyio.current_time() >= end:
                return await attempt()
        await anyio.sleep(PAUSE)
