"""`docker pause` and `unpause`: freeze and thaw a container's processes."""

from core.containers.live import LiveContainer
from core.containers.state import Transition, apply
from core.engine.announce import announce
from core.engine.context import EngineContext
from sdk.errors import NotRunning


async def pause(context: EngineContext, live: LiveContainer) -> None:
    """Freeze. Raises Conflict if it is paused already or does not run."""
    async with context.containers.hold(live):
        record = apply(live.record, Transition.PAUSE)
        if live.task is None:
            raise NotRunning(live.id)
        await live.task.pause()
        context.containers.save(live, record)
    announce(context, live, "pause")


async def unpause(context: EngineContext, live: LiveContainer) -> None:
    """Thaw. Raises Conflict if it is not paused."""
    async with context.containers.hold(live):
        record = apply(live.record, Transition.UNPAUSE)
        if live.task is None:
            raise NotRunning(live.id)
        await live.task.resume()
        context.containers.save(live, record)
    announce(context, live, "unpause")
