"""Containers that no task of this daemon supervises: one whose process could not be adopted, and one that waits to be started again."""

import time

from msgspec.structs import replace

from core.containers.life.live import LiveContainer
from core.containers.life.state import Transition, apply, is_running
from core.engine.containers.announce import announce
from core.engine.containers.bundles import remove_bundle
from core.engine.containers.leave import leave_networks
from core.engine.containers.release import release_volumes
from core.engine.context import EngineContext
from sdk.engine.containers import ContainerState, WaitResult

KILLED = 137


async def end_unsupervised(context: EngineContext, live: LiveContainer) -> bool:
    """Have the runtime end what it finds of a container that nothing supervises; return whether that was so. Raises DriverError."""
    if live.run.task is not None or not is_running(live.record):
        return False
    async with live.lock:  # an end that is being settled has no task either
        if live.run.task is not None or not is_running(live.record):
            return False
        record = live.record
        await context.drivers.runtime(record.host_config.runtime).discard(live.id, context.bundle(live.id))
        remove_bundle(context.bundle(live.id))
        await leave_networks(context, record)
        await release_volumes(context, record)
        ended = replace(
            apply(record, Transition.EXIT),
            pid=0,
            exit_code=KILLED,
            finished_ns=time.time_ns(),
            sandbox_path="",
            stopped_by_user=True,
        )
        context.containers.save(live, ended)
        live.ended(WaitResult(KILLED))
    announce(context, live, "die", exitCode=str(KILLED))
    return True


async def stop_waiting(context: EngineContext, live: LiveContainer) -> bool:
    """Have a container that waits to be started again wait no more; return whether it did, for it may run again by now."""
    if live.record.state is not ContainerState.RESTARTING:
        return False
    async with live.lock:
        if live.record.state is not ContainerState.RESTARTING:
            return False
        context.containers.keep(live, replace(apply(live.record, Transition.EXIT), stopped_by_user=True))
        live.ends.stays()
        live.resting.end()
    return True
