"""`docker stop`, `restart` and `kill`: ask a process to end, or make it."""

import signal

import anyio
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.state import is_running
from core.containers.process.signals import parse_signal, stop_signal
from core.engine.containers.announce import announce
from core.engine.containers.pause import thaw
from core.engine.containers.start import start
from core.engine.containers.unsupervised import end_unsupervised, stop_waiting
from core.engine.containers.wait import is_busy
from core.engine.context import EngineContext
from sdk.engine.containers import Changed, ContainerState
from sdk.errors import DeadlineExceeded, NotRunning

_AFTER_KILL = 10.0
_UNTIL_THAW = 1.0
"""Seconds after which a killed process that has not ended may be frozen without our having done it."""


async def stop(context: EngineContext, live: LiveContainer, timeout: int | None = None, signal_name: str = "") -> Changed:
    """Send the stop signal, after `timeout` seconds SIGKILL (-1: never); return when the container has ended. NO if it does not run."""
    number = parse_signal(signal_name) if signal_name else stop_signal(live.record.config.stop_signal)
    while live.run.task is None:  # it may be started again, or end, whenever this waits
        if not is_busy(live):
            return Changed.NO
        if await stop_waiting(context, live):
            return Changed.YES
        if await end_unsupervised(context, live):
            announce(context, live, "stop")
            return Changed.YES
    if timeout is None:
        timeout = stop_timeout(context, live)
    ended = live.ends.next_exit
    context.containers.keep(live, replace(live.record, stopped_by_user=True))
    await send(context, live, number, ending=True)
    with anyio.move_on_after(timeout if timeout >= 0 else None):
        await ended.event.wait()
    if not ended.event.is_set():
        await send(context, live, signal.SIGKILL, ending=True)
        await await_death(context, live, ended.event)
    announce(context, live, "stop")
    return Changed.YES


def stop_timeout(context: EngineContext, live: LiveContainer) -> int:
    """Return the seconds between a container's stop signal and SIGKILL; below 0: for ever."""
    own = live.record.config.stop_timeout
    return context.settings.containers.stop_timeout if own is None else own


async def restart(context: EngineContext, live: LiveContainer, timeout: int | None = None, signal_name: str = "") -> None:
    """Stop (if it runs) and start; one that is removed when it ends is not removed by this end."""
    live.ends.begin_restart()
    try:
        await stop(context, live, timeout, signal_name)
    finally:
        live.ends.end_restart()
    await start(context, live)
    announce(context, live, "restart")


async def kill(context: EngineContext, live: LiveContainer, signal_name: str = "") -> None:
    """Send a signal (default KILL; then return when the container has ended). Raises Conflict if it does not run."""
    number = parse_signal(signal_name or "KILL")
    while live.run.task is None:
        if not is_busy(live):
            raise NotRunning(live.id)
        if await stop_waiting(context, live) or (number == signal.SIGKILL and await end_unsupervised(context, live)):
            return
        if number != signal.SIGKILL and is_running(live.record):
            break
    own = live.record.config.stop_signal
    ending = number == signal.SIGKILL or not own or stop_signal(own) == number
    if ending:
        context.containers.keep(live, replace(live.record, stopped_by_user=True))
    ended = live.ends.next_exit
    await send(context, live, number, ending=ending)
    if number == signal.SIGKILL:
        await await_death(context, live, ended.event)


async def send(context: EngineContext, live: LiveContainer, number: int, *, ending: bool) -> None:
    """Deliver a signal to the container's first process; with `ending` a paused one is thawed so that it can die."""
    task = live.run.task
    if task is None:
        return
    await task.signal(number)
    announce(context, live, "kill", signal=str(int(number)))
    if ending and live.record.state is ContainerState.PAUSED:
        await thaw(context, live)


async def await_death(context: EngineContext, live: LiveContainer, ended: anyio.Event) -> None:
    """Return when a killed container has ended. Raises DeadlineExceeded."""
    with anyio.move_on_after(_UNTIL_THAW):
        await ended.wait()
    if not ended.is_set():
        await thaw(context, live)  # whatever froze it
        with anyio.move_on_after(_AFTER_KILL):
            await ended.wait()
    if not ended.is_set():
        raise DeadlineExceeded("tried to kill container, but did not receive an exit event")
