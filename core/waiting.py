"""Waiting for a task that may never end: a thread in a hanging system call hears no cancellation."""

import asyncio


async def ended(task: "asyncio.Task[object]", seconds: float) -> None:
    """Return when a task has ended, or so many seconds are over; it goes on. Raises CancelledError when the caller is cancelled."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake(_task: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    task.add_done_callback(wake)
    timer = loop.call_later(seconds, wake)
    try:
        await waiter
    finally:
        timer.cancel()
        task.remove_done_callback(wake)
