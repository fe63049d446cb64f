"""Signals: the first SIGTERM or SIGINT ends the daemon in order, a second one at once; SIGHUP has it read its configuration again."""

import os
import signal
from collections.abc import Awaitable, Callable

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


async def on_hangup(reload: Callable[[], Awaitable[None]]) -> None:
    """Call a function at each SIGHUP, one call after the other, until cancelled. A handler, not SIG_IGN: containers would inherit that."""
    with anyio.open_signal_receiver(signal.SIGHUP) as signals:
        async for _ in signals:
            await reload()


def bear_hangups() -> None:
    """Have SIGHUP do nothing from now on, until `on_hangup` listens."""
    signal.signal(signal.SIGHUP, lambda _number, _frame: None)


async def _first(task_status: TaskStatus[None]) -> signal.Signals:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for number in signals:
            return number
    raise RuntimeError("the signal receiver ended without a signal")
