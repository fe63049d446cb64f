"""Boot: find what an earlier daemon left running, finish or undo what it left half done."""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import partial
from pathlib import Path
from typing import Literal

import anyio
from msgspec.structs import replace

from core.containers.files.hostfiles import remove_host_files
from core.containers.life import restart
from core.containers.life.live import LiveContainer
from core.containers.life.processes import is_process_of
from core.containers.life.record import ContainerRecord
from core.containers.life.state import Transition, apply, is_running
from core.engine.attempt import attempt
from core.engine.containers import start
from core.engine.containers.boot.half_filled import empty_half_filled
from core.engine.containers.boot.shutdown import end_running
from core.engine.containers.bundles import remove_bundle
from core.engine.containers.exit_status import LOST
from core.engine.containers.leave import leave_networks
from core.engine.containers.pause import align
from core.engine.containers.preparation.image_mounts import owner_of
from core.engine.containers.preparation.port_links import open_port_links
from core.engine.containers.preparation.runtime_spec import is_settled
from core.engine.containers.release import release_volumes
from core.engine.containers.remove import destroy, finish_removal
from core.engine.context import EngineContext
from sdk.drivers.network import NetworkDriver
from sdk.drivers.runtime import ExitStatus, Task
from sdk.drivers.storage import SnapshotKind
from sdk.engine.containers import ContainerState, WaitResult
from sdk.providers import Kind

_FIRST_RETRY, _LONGEST_RETRY = 1.0, 60.0
"""Seconds until a container is tried again that could not be adopted."""

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
    """Bring every container of an earlier daemon to a state that is true. A step that fails is logged and keeps no other from being
    done; a container that cannot be adopted now is tried again until it can."""
    for record in context.containers.load():
        await attempt(f"container {record.id}: finishing its removal", finish_removal(context, record))
    await attempt("taking volumes over", context.volumes.reconcile())
    restored = context.database.table("engine", str).get("restored")
    if restored is None:
        await attempt("removing file systems without a container", _sweep_snapshots(context))
    else:
        _log.warning(
            "the database is a copy of %s: what has no record in it is left alone; `core doctor` names it, `core gc` removes it",
            restored,
        )
    await attempt("removing directories without a container", _sweep_directories(context))
    tasks = {live.id: await _adopted(context, live) for live in context.containers}
    if restored is None:
        await attempt("removing runs without a container", _sweep_bundles(context))
    alive = {live.id: f"/proc/{pid}/ns/net" for live in context.containers if (pid := _living_process(live, tasks[live.id]))}
    await _take_networks_over(context, alive)
    running = {container_id for container_id, task in tasks.items() if task is not None}
    await attempt("releasing volumes", context.volumes.release_others(running))
    await attempt("emptying volumes that were being filled", empty_half_filled(context, running))
    for live in context.containers:
        if (found := tasks[live.id]) is _UNKNOWN:
            context.background.start(f"container {live.id}: adopting it", _adopt_later, context, live)
        else:
            await attempt(f"container {live.id}: taking it up", _take_up(context, live, found))
    if not context.settings.live_restore:
        await end_running(context, [live for live in context.containers if tasks[live.id] not in (None, _UNKNOWN)])


async def _take_networks_over(context: EngineContext, alive: Mapping[str, str]) -> None:
    """Bring networks in line with the records; also those of a driver that is opened again meanwhile, for which the endpoints are known before
    any driver is called."""
    context.drivers.when_reopened(partial(_bring_in_line, context))
    await attempt("taking networks over", context.attachments.restore(alive))
    await attempt("opening the ports of links", open_port_links(context))


async def _bring_in_line(context: EngineContext, name: str, driver: NetworkDriver) -> None:
    """Have a network driver that was opened again make what there is. Ports of links follow once it takes calls."""
    await context.attachments.bring_in_line(name, driver)
    context.background.start("opening the ports of links", open_port_links, context)


class _Unknown(Enum):
    """What is known of a container whose adoption failed: nothing."""

    UNKNOWN = auto()


_UNKNOWN: Literal[_Unknown.UNKNOWN] = _Unknown.UNKNOWN
_Adopted = Task | None | Literal[_Unknown.UNKNOWN]


async def _adopted(context: EngineContext, live: LiveContainer) -> _Adopted:
    try:
        return await _adopt(context, live)
    except Exception:  # noqa: BLE001 whatever it is: its process may live, and the other containers are to be served
        _log.exception("container %s could not be adopted; it is tried again", live.id)
        return _UNKNOWN


async def _adopt_later(context: EngineContext, live: LiveContainer) -> None:
    """Adopt a container as soon as it can be, unless a client removes or starts it meanwhile."""
    delay = _FIRST_RETRY
    while True:
        await anyio.sleep(delay)
        delay = min(delay * 2, _LONGEST_RETRY)
        if live.id not in context.containers or live.run.task is not None:
            return
        async with live.lock:
            found = await _adopted(context, live)
        if found is not _UNKNOWN:
            await _take_up(context, live, found)
            if not context.settings.live_restore:
                await end_running(context, [live])
            return


async def _take_up(context: EngineContext, live: LiveContainer, task: Task | None) -> None:
    async with live.lock:
        again = await _settled(context, live, task)
    if again:
        await start.start(context, live)


async def _settled(context: EngineContext, live: LiveContainer, task: Task | None) -> bool:
    """Do what boot does with a container; return whether it is to be started. The caller holds the lock."""
    match reconcile(Found(live.record, task is not None)):
        case Step.FOLLOW if task is not None:
            await _follow(context, live, task)
        case Step.SETTLE:
            return await _settle_lost(context, live)
        case Step.START:
            return True
        case Step.REMOVE:
            await destroy(context, live, volumes=True)
    return False


async def _follow(context: EngineContext, live: LiveContainer, task: Task) -> None:
    """Supervise first: whatever else fails, the container's end is taken. What fails is told in its record. The caller holds the lock."""
    if not is_running(live.record):
        sandbox_path = f"/proc/{task.pid}/ns/net"
        started = replace(apply(live.record, Transition.START), pid=task.pid, started_ns=time.time_ns(), sandbox_path=sandbox_path)
        context.containers.keep(live, started)
    problems = list(start.follow(context, live, task))
    problems.append(await attempt(f"container {live.id}: finding out whether it is paused", align(context, live, task)))
    if told := "; ".join(filter(None, problems)):
        context.containers.keep(live, replace(live.record, error=f"not all of it was taken over by this daemon: {told}"))


async def _settle_lost(context: EngineContext, live: LiveContainer) -> bool:
    """Record the end of a container that went without leaving its exit code; return whether its restart policy wants it started."""
    status = ExitStatus(LOST, time.time_ns())
    context.containers.keep(
        live, replace(apply(live.record, Transition.EXIT), pid=0, exit_code=LOST, finished_ns=status.at_ns, sandbox_path="")
    )
    await leave_networks(context, live.record)
    await release_volumes(context, live.record)
    live.ended(WaitResult(LOST))  # clients may wait for, or be attached to, one that could not be adopted at boot
    if live.record.host_config.auto_remove:
        await destroy(context, live, volumes=True)
        return False
    return restart.at_boot(live.record) or restart.decide(live.record, status, 0).restart


async def _adopt(context: EngineContext, live: LiveContainer) -> Task | None:
    """Return the task of a container that an earlier daemon started; None if there is none. Raises what the runtime raises."""
    path = context.bundle(live.id)
    if not path.exists():
        return None
    runtime = start.runtime_of(context, live.record)
    task = None if is_settled(context, live.id) else await runtime.adopt(live.id, path)
    if task is None:
        await runtime.discard(live.id, path)
        remove_bundle(path)
    return task


def _living_process(live: LiveContainer, task: _Adopted) -> int:
    """Return the ID of a container's process, 0 if it is known to have none that lives."""
    if task is None:
        return 0
    if task is _UNKNOWN:
        return live.record.pid if is_process_of(live.record.pid, live.id) else 0
    return task.pid if Path(f"/proc/{task.pid}").exists() else 0


async def _sweep_bundles(context: EngineContext) -> None:
    """Free what runs without a record: a start that was cut off after its container had been removed."""
    root = context.live_settings.bundles
    if not root.exists():
        return
    for path in root.iterdir():
        if path.name in context.containers:
            continue
        for runtime in context.drivers.runtimes.values():
            await attempt(f"container {path.name}: freeing its run", runtime.discard(path.name, path))
        remove_bundle(path)
        remove_host_files(context.directory(path.name))
        with suppress(OSError):  # a build's step has nothing else there
            context.directory(path.name).rmdir()


async def _sweep_snapshots(context: EngineContext) -> None:
    with context.drivers.at_boot(Kind.STORAGE, context.drivers.storage_name, "list"):
        snapshots = await context.drivers.storage.list()
    for snapshot in snapshots:
        if snapshot.kind is SnapshotKind.ACTIVE and owner_of(snapshot.name) not in context.containers:
            await attempt(f"container {snapshot.name}: removing its file system", context.drivers.storage.remove(snapshot.name))


async def _sweep_directories(context: EngineContext) -> None:
    """Remove the directory of a container whose creation was cut off: nothing is in it yet."""
    root = context.live_settings.directories
    if root.exists():
        for path in root.iterdir():
            if path.name not in context.containers:
                with suppress(OSError):
                    path.rmdir()
