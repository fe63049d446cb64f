"""A daemon that stops without `live_restore` stops its containers; one that starts so ends those it finds running."""

import logging
import signal
from collections.abc import Sequence

import anyio

from core.containers.life.live import LiveContainer
from core.containers.life.state import is_running
from core.containers.process.signals import stop_signal
from core.engine.containers.announce import announce
from core.engine.containers.stop import await_death, send, stop_timeout
from core.engine.context import EngineContext
from sdk.errors import EngineError

_GRACE = 5
"""Seconds a container gets beyond its own stop timeout."""

_log = logging.getLogger(__name__)


async def shut_down(context: EngineContext) -> None:
    """Stop every running container unless containers outlive the daemon; none is started again by its policy.

    Restart policies count this as no stop by a user: the next daemon starts `always` and `unless-stopped` again. Returns after the
    shutdown timeout at the latest.
    """
    if context.settings.live_restore:
        return
    context.live_settings.stopping = True
    seconds = patience(context)
    _log.info("stopping containers; waiting %s", "without end" if seconds is None else f"at most {seconds} s")
    with anyio.move_on_after(seconds) as waiting:
        await end_running(context, list(context.containers))
    if waiting.cancelled_caught:
        _log.warning("some containers did not stop within the shutdown timeout of %s s", seconds)


def patience(context: EngineContext) -> int | None:
    """Return the seconds a stopping daemon waits for its containers: the shutdown timeout, longer if a container's own demands it."""
    seconds = context.settings.shutdown_timeout
    own = [stop_timeout(context, live) for live in context.containers if is_running(live.record)]
    if seconds < 0 or any(timeout < 0 for timeout in own):
        return None
    return max([seconds, *(timeout + _GRACE for timeout in own)])


async def end_running(context: EngineContext, containers: Sequence[LiveContainer]) -> None:
    """End those of the containers that run, as `docker stop` does, all at once; their restart policies hold. What fails is logged."""
    async with anyio.create_task_group() as tasks:
        for live in containers:
            if is_running(live.record):
                tasks.start_soon(_end, context, live)


async def _end(context: EngineContext, live: LiveContainer) -> None:
    ended, timeout = live.ends.next_exit, stop_timeout(context, live)
    try:
        await send(context, live, stop_signal(live.record.config.stop_signal), ending=True)
        with anyio.move_on_after(timeout if timeout >= 0 else None):
            await ended.event.wait()
        if not ended.event.is_set():
            await send(context, live, signal.SIGKILL, ending=True)
            await await_death(context, live, ended.event)
    except EngineError as error:
        _log.error("container %s could not be stopped: %s", live.id, error)
        return
    announce(context, live, "stop")
    async with live.lock:  # its end is settled when this is free again
        return
