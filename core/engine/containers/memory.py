"""That the kernel found no memory for a container is told while it runs: often it is another process than the first that was killed."""

import logging

import anyio
from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.engine.containers.announce import announce
from core.engine.context import EngineContext
from sdk.drivers.runtime import Task

_log = logging.getLogger(__name__)


def begin(context: EngineContext, live: LiveContainer, task: Task) -> None:
    """Tell of a running container that runs out of memory from now on; idempotent. Of one without a limit its end tells."""
    if live.run.memory_watch is None and live.record.host_config.limits.memory:
        scope = live.run.watch_memory()
        context.background.start(f"container {live.id}: watching its memory", _watch, context, live, task, scope)


async def _watch(context: EngineContext, live: LiveContainer, task: Task, scope: anyio.CancelScope) -> None:
    with scope:
        try:
            async for _ in task.out_of_memory():
                if live.run.memory_watch is scope:  # else the run ends just now, and its end tells
                    _tell(context, live)
        except OSError as error:
            _log.warning("container %s: only its end will tell whether it ran out of memory: %s", live.id, error)


def _tell(context: EngineContext, live: LiveContainer) -> None:
    if not live.record.oom_killed:
        context.containers.keep(live, replace(live.record, oom_killed=True))
    announce(context, live, "oom")
