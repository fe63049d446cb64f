"""Boot: find what an earlier daemon left running, finish or undo what it left half done."""

import logging
import shutil
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from msgspec.structs import replace

from core.containers import restart
from core.containers.live import LiveContainer
from core.containers.record import ContainerRecord
from core.containers.state import Transition, apply, is_running
from core.engine import start
from core.engine.build_mounts import unmount_stacks
from core.engine.context import EngineContext
from core.engine.remove import destroy, finish_removal
from core.engine.runtime_spec import is_settled
from core.engine.settle import release_volumes
from sdk.drivers.runtime import ExitStatus, Task
from sdk.drivers.storage import SnapshotKind
from sdk.engine.containers import ContainerState
from sdk.errors import EngineError

LOST = 137
"""Exit code of a container of which no trace is left: the machine went down with it."""

_log = logging.getLogger(__name__)


class Step(StrEnum):
    """What boot does with one container."""

    FOLLOW = "follow"
    SETTLE = "settle"
    START = "start"
    REMOVE = "remove"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Found:
    """A container's record and what the runtime knows of it."""

    record: ContainerRecord
    has_task: bool


def reconcile(found: Found) -> Step:
    """Decide, from a record and what was found of it, what boot does. Pure."""
    record = found.record
    if found.has_task:
        return Step.FOLLOW
    if is_running(record):
        return Step.SETTLE
    if record.state is ContainerState.RESTARTING or (record.state is not ContainerState.CREATED and restart.at_boot(record)):
        return Step.START
    if record.state is ContainerState.EXITED and record.host_config.auto_remove:
        return Step.REMOVE
    return Step.REST


async def boot(context: EngineContext) -> None:
    """Bring every container of an earlier daemon to a state that is true. Errors of one container do not stop the others."""
    for record in context.containers.load():
        await _guarded(record.id, finish_removal(context, record))
    await context.volumes.reconcile()
    await _sweep_snapshots(context)
    tasks = {live.id: await _adopt(context, live) for live in context.containers}
    await _sweep_bundles(context)
    alive = {container_id: f"/proc/{task.pid}/ns/net" for container_id, task in tasks.items() if task is not None and _lives(task)}
    await context.attachments.restore(alive)
    for live in context.containers:
        await _guarded(live.id, _take_up(context, live, tasks[live.id]))


async def _take_up(context: EngineContext, live: LiveContainer, task: Task | None) -> None:
    match reconcile(Found(live.record, task is not None)):
        case Step.FOLLOW if task is not None:
            if not is_running(live.record):
                record = replace(apply(live.record, Transition.START), pid=task.pid, started_ns=time.time_ns())
                context.containers.save(live, record)
            start.follow(context, live, task)
        case Step.SETTLE:
            await _settle_lost(context, live)
        case Step.START:
            await start.start(context, live)
        case Step.REMOVE:
            await destroy(context, live, volumes=True)


async def _settle_lost(context: EngineContext, live: LiveContainer) -> None:
    """Record the end of a container that went without leaving its exit code, and apply its restart policy."""
    status = ExitStatus(LOST, time.time_ns())
    context.containers.save(
        live, replace(apply(live.record, Transition.EXIT), pid=0, exit_code=LOST, finished_ns=status.at_ns, sandbox_path="")
    )
    await context.attachments.disconnect(live.id)
    await release_volumes(context, live.record)
    if live.record.host_config.auto_remove:
        await destroy(context, live, volumes=True)
    elif restart.at_boot(live.record) or restart.decide(live.record, status, 0).restart:
        await start.start(context, live)


async def _adopt(context: EngineContext, live: LiveContainer) -> Task | None:
    path = context.bundle(live.id)
    if not path.exists():
        return None
    try:
        runtime = start.runtime_of(context, live.record)
        task = None if is_settled(context, live.id) else await runtime.adopt(live.id, path)
        if task is None:
            await runtime.discard(live.id, path)
            shutil.rmtree(path, ignore_errors=True)
    except EngineError as error:
        _log.error("container %s could not be adopted: %s", live.id, error)
        return None
    return task


def _lives(task: Task) -> bool:
    return Path(f"/proc/{task.pid}").exists()


async def _sweep_bundles(context: EngineContext) -> None:
    """Free what runs without a record: a start that was cut off after its container had been removed."""
    root = context.bundle("x").parent
    if not root.exists():
        return
    for path in root.iterdir():
        if path.name in context.containers:
            continue
        for runtime in context.drivers.runtimes.values():
            await _guarded(path.name, runtime.discard(path.name, path))
        unmount_stacks(path)
        shutil.rmtree(path, ignore_errors=True)


async def _sweep_snapshots(context: EngineContext) -> None:
    for snapshot in await context.drivers.storage.list():
        if snapshot.kind is SnapshotKind.ACTIVE and snapshot.name not in context.containers:
            await _guarded(snapshot.name, context.drivers.storage.remove(snapshot.name))


async def _guarded(name: str, work: Awaitable[None]) -> None:
    try:
        await work
    except (EngineError, OSError) as error:
        _log.error("container %s: %s", name, error)
