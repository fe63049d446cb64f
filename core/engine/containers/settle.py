"""The end of a container's process: settle everything, and say whether it is to be started again."""

import logging

import anyio
from msgspec.structs import replace

from core.containers.life import restart
from core.containers.life.live import LiveContainer
from core.containers.life.run import Tidying
from core.containers.life.state import Transition, apply
from core.engine.attempt import attempt
from core.engine.containers.announce import announce
from core.engine.containers.bundles import remove_bundle
from core.engine.containers.leave import leave_networks
from core.engine.containers.preparation.runtime_spec import forget_process
from core.engine.containers.release import release_volumes
from core.engine.containers.remove import destroy
from core.engine.context import EngineContext
from core.streams.pump import PumpSet
from sdk.drivers.runtime import ExitStatus, Task
from sdk.engine.containers import WaitResult
from sdk.tracing import step

_PATIENCE = 2.0
"""Seconds that output may go on after the process has ended, when something else holds its pipe."""

_REST = 0.1
"""Seconds after which what the runtime keeps of an ended run is freed."""

_BETWEEN_WRITES = 2.0
"""Seconds after which a record is written again that a full disk did not take."""

_log = logging.getLogger(__name__)


async def settle(context: EngineContext, live: LiveContainer, task: Task, status: ExitStatus) -> float | None:
    """Bring an ended container to rest; return the seconds after which it is to be started again, or None. The caller holds the lock.

    Clients who wait are told as soon as it is true: output is complete, ports and volumes are free, the record says so. Clients who are
    attached see the end of the output then, too: the exit code can be inspected. What the runtime keeps is freed after that and holds up
    nothing but the container's next start.
    """
    try:
        return await _settle(context, live, task, status)
    finally:
        live.hub.finish()


async def _settle(context: EngineContext, live: LiveContainer, task: Task, status: ExitStatus) -> float | None:
    live.probing.stop()
    live.run.end_memory_watch()
    if live.run.pumps is not None:
        with step("exit.output"):
            await attempt(f"container {live.id}: the end of its output", _drain(live, live.run.pumps))
    with step("exit.release"):
        await attempt(f"container {live.id}: letting go of what it used", _leave(context, live))
    decision = (
        restart.Decision(restart=False)
        if context.live_settings.stopping
        else restart.decide(live.record, status, live.resting.delay)
    )
    transition = Transition.AWAIT_RESTART if decision.restart else Transition.EXIT
    record = replace(
        apply(live.record, transition),
        pid=0,
        exit_code=status.code,
        oom_killed=status.oom_killed or live.record.oom_killed,
        finished_ns=max(status.at_ns, live.record.started_ns),  # the start is stamped once it is known, which may be later
        sandbox_path="",
        restart_count=live.record.restart_count + decision.restart,
    )
    untold = status.oom_killed and not live.record.oom_killed
    context.containers.keep(live, record)
    live.run.forget_model()
    if context.containers.is_written(live.id):
        forget_process(context, live)
    live.resting.decided(decision.delay)
    if untold:
        announce(context, live, "oom")
    _tell(context, live, status)
    context.background.start(f"container {live.id}: freeing its run", _tidy, context, live.id, task, live.run.tidy())
    if record.host_config.auto_remove and not decision.restart and not live.ends.restarts:
        with step("exit.remove"):
            await destroy(context, live, volumes=True)
    return decision.delay if decision.restart else None


async def _drain(live: LiveContainer, pumps: PumpSet) -> None:
    if missing := await pumps.rest(_PATIENCE):
        live.take(replace(live.record, error=f"{missing} bytes of its output could not be logged"))


async def _leave(context: EngineContext, live: LiveContainer) -> None:
    live.run.leave()
    live.execs.drop_unstarted()
    await leave_networks(context, live.record)
    await release_volumes(context, live.record)
    if live.run.log is not None:
        live.run.log.close()


async def _tidy(context: EngineContext, container_id: str, task: Task, tidying: Tidying) -> None:
    """Free what no client waits for, when those who waited for the end have had their turn: threads take time from each other."""
    try:
        with anyio.move_on_after(_REST):
            await tidying.needed.wait()
        await _until_written(context, container_id, tidying)
    finally:
        with anyio.CancelScope(shield=True):
            try:
                await task.delete()
            except Exception as error:  # noqa: BLE001 the next start must not wait for ever
                _log.error("container %s: %s", container_id, error)
            remove_bundle(context.bundle(container_id))
        tidying.done.set()


async def _until_written(context: EngineContext, container_id: str, tidying: Tidying) -> None:
    """Keep the exit status that the runtime has until the record has it: this daemon may be killed before the disk has room."""
    while not (context.containers.is_written(container_id) or tidying.needed.is_set()):
        with anyio.move_on_after(_BETWEEN_WRITES):
            await tidying.needed.wait()
        context.containers.flush()


def _tell(context: EngineContext, live: LiveContainer, status: ExitStatus) -> None:
    live.run.over()
    seconds = max(0, status.at_ns - live.record.started_ns) // 1_000_000_000
    announce(context, live, "die", exitCode=str(status.code), execDuration=str(seconds))
    live.ended(WaitResult(status.code))
