"""Signals: the first SIGTERM or SIGINT ends the daemon in order, a second one at once."""

import os
import signal

import anyio

_FORCED_EXIT = 130


async def wait_for_stop() -> signal.Signals:
    """Return the first SIGTERM or SIGINT; from then on a second one ends the process without ceremony."""
    number = await _first()
    for again in (signal.SIGTERM, signal.SIGINT):
        signal.signal(again, lambda _number, _frame: os._exit(_FORCED_EXIT))
    return number


async def _first() -> signal.Signals:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            return number
    raise RuntimeError("the signal receiver ended without a signal")
