"""`docker pause` and `unpause`: freeze and thaw a container's processes.

What a container's record says is true of its freezer, or made so at the next boot: it is written before a freeze and after a thaw.
"""

import logging
from contextlib import suppress

import anyio
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.containers.life.state import Transition, apply
from core.engine.containers.announce import announce
from core.engine.context import EngineContext
from sdk.drivers.runtime import Task
from sdk.engine.containers import ContainerState
from sdk.errors import EngineError, NotRunning

_log = logging.getLogger(__name__)


async def pause(context: EngineContext, live: LiveContainer, *, meanwhile: str = "") -> None:
    """Freeze. `meanwhile` is the engine's own reason, for which it will thaw again: should it be killed, the next one does.

    Raises Conflict if it is paused already or does not run, ResourceExhausted if that cannot be written down; it is not frozen then.
    """
    async with context.containers.hold(live):
        record = replace(apply(live.record, Transition.PAUSE), paused_for=meanwhile)
        if live.run.task is None:
            raise NotRunning(live.id)
        context.containers.save(live, record)
        try:
            await live.run.task.pause()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await _undo(context, live, live.run.task)
            raise
    announce(context, live, "pause")


async def unpause(context: EngineContext, live: LiveContainer) -> None:
    """Thaw, also where that cannot be written down. Raises Conflict if it is not paused."""
    async with context.containers.hold(live):
        record = _running(live.record)
        if live.run.task is None:
            raise NotRunning(live.id)
        await live.run.task.resume()
        context.containers.keep(live, record)
    announce(context, live, "unpause")


async def thaw(context: EngineContext, live: LiveContainer) -> None:
    """Thaw a container that is to end, whatever its record says: a frozen process does not take the signal it was sent."""
    async with live.lock:
        task, was_paused = live.run.task, live.record.state is ContainerState.PAUSED
        if task is None:
            return
        with suppress(NotRunning):  # on cgroup version 2 SIGKILL ends the frozen as well
            await task.resume()
        if was_paused:
            context.containers.keep(live, _running(live.record))
    if was_paused:
        announce(context, live, "unpause")


async def align(context: EngineContext, live: LiveContainer, task: Task) -> None:
    """Make an adopted container's freezer what its record says; what the engine had paused for itself runs again."""
    record = live.record
    if record.paused_for:
        _log.info("container %s was paused for %s by a daemon that was killed: it runs again", live.id, record.paused_for)
        record = _running(record)
    with suppress(NotRunning):  # it has ended meanwhile, and that is being settled
        if record.state is ContainerState.PAUSED:
            await task.pause()
        else:
            await task.resume()
    if record is not live.record:
        context.containers.keep(live, record)


def _running(record: ContainerRecord) -> ContainerRecord:
    return replace(apply(record, Transition.UNPAUSE), paused_for="")


async def _undo(context: EngineContext, live: LiveContainer, task: Task) -> None:
    try:
        await task.resume()
    except (EngineError, OSError) as error:
        _log.error("container %s: %s", live.id, error)
    if live.record.state is ContainerState.PAUSED:
        context.containers.keep(live, _running(live.record))
