"""Signals: the first SIGTERM or SIGINT ends the daemon in order, a second one at once."""

import os
import signal

import anyio
from anyio.abc import TaskStatus

_FORCED_EXIT = 130


async def wait_for_stop(*, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> signal.Signals:
    """Return the first SIGTERM or SIGINT; from then on a second one ends the process without ceremony.

    `task_status` is told when the handlers are in place.
    """
    number = await _first(task_status)
    for again in (signal.SIGTERM, signal.SIGINT):
        signal.signal(again, lambda _number, _frame: os._exit(_FORCED_EXIT))
    return number


async def _first(task_status: TaskStatus[None]) -> signal.Signals:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for number in signals:
            return number
    raise RuntimeError("the signal receiver ended without a signal")
