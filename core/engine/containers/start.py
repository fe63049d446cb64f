"""`docker start`: from a record to a supervised process, again and again if its restart policy says so."""

import logging
import time
from contextlib import AsyncExitStack, ExitStack

import anyio
from msgspec.structs import replace

from core.containers import ports
from core.containers.files.hostfiles import write_host_files
from core.containers.files.resolv_conf import forwarding
from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.containers.life.state import Transition, apply
from core.containers.mounts.plan import mount_plan
from core.engine.containers import health, memory
from core.engine.containers.announce import announce
from core.engine.containers.bundles import remove_bundle
from core.engine.containers.exit_status import exit_status
from core.engine.containers.io.output import attach_pumps, leave_log, ready_log
from core.engine.containers.leave import leave_networks
from core.engine.containers.preparation.defaults import as_resolved, as_run
from core.engine.containers.preparation.destinations import is_missing, made_destinations
from core.engine.containers.preparation.identity import identity_of
from core.engine.containers.preparation.image_mounts import image_sources
from core.engine.containers.preparation.joining import network_owner, with_names_of_network
from core.engine.containers.preparation.links import announce_address, links_of, names_of_links, with_links
from core.engine.containers.preparation.port_links import update_port_links
from core.engine.containers.preparation.runtime_spec import process_io, remember_process, runtime_spec
from core.engine.containers.release import release_volumes
from core.engine.containers.remove import destroy
from core.engine.containers.settle import settle
from core.engine.context import EngineContext
from core.images.content.diskspace import writing
from core.networks.attachments import ConnectRequest
from core.networks.record import Resolver
from sdk.drivers.runtime import Bundle, Runtime, Task
from sdk.engine.containers import Changed, ContainerState, WaitResult
from sdk.errors import EngineError, StartFailed, explained
from sdk.tracing import request, step, traceparent

_NO_IPV6 = "net.ipv6.conf.all.disable_ipv6"

_SAME_TRACE_NS = 60 * 10**9
"""A container that ran for longer ends in a trace of its own."""

_log = logging.getLogger(__name__)


async def start(context: EngineContext, live: LiveContainer) -> Changed:
    """Run a container; NO if it runs already. Raises StartFailed, Conflict; a failure is kept in the record and leaves nothing else."""
    async with context.containers.hold(live):
        if live.record.state is ContainerState.RUNNING:
            return Changed.NO
        apply(live.record, Transition.START)
        live.take(replace(live.record, stopped_by_user=False, restart_count=0))
        live.resting.reset()
        await launch(context, live)
        return Changed.YES


async def launch(context: EngineContext, live: LiveContainer) -> None:
    """Start the process and its supervision. The caller holds the lock."""
    try:
        async with AsyncExitStack() as undo:
            with writing(context.bundle(live.id)):
                task = await _run(context, live, undo)
            with step("start.record"):
                _save_running(context, live, task)
            await context.attachments.started(live.id, live.record.sandbox_path)
            undo.pop_all()
    except EngineError as error:
        code = error.exit_code if isinstance(error, StartFailed) else 128
        context.containers.save(live, replace(live.record, exit_code=code, error=error.message, finished_ns=time.time_ns()))
        live.ended(WaitResult(code, error.message))
        if live.record.host_config.auto_remove:
            await destroy(context, live, volumes=True)
        raise
    follow(context, live, task)
    announce(context, live, "start")


def follow(context: EngineContext, live: LiveContainer, task: Task) -> tuple[str, ...]:
    """Await a running container's end, read its output and probe its health, from now on.

    What of this cannot be done is logged and returned, a sentence each; the container is supervised all the same.
    """
    live.run.begin(task)
    context.background.start(f"container {live.id}: settling its exit", _supervise, context, live, task, traceparent())
    problems: list[str] = []
    with step("start.pumps"):
        live.run.carry(attach_pumps(context, live, task, problems.append))
    memory.begin(context, live, task)
    try:
        health.begin(context, live)
    except Exception as error:  # noqa: BLE001 whatever it is, the container runs and is supervised
        _log.exception("container %s: its health check cannot begin", live.id)
        problems.append(f"its health check cannot begin: {error}")
    return tuple(problems)


def runtime_of(context: EngineContext, record: ContainerRecord) -> Runtime:
    """Return the runtime a container asks for."""
    return context.drivers.runtime(record.host_config.runtime)


async def await_end(context: EngineContext, live: LiveContainer, task: Task, trace: str = "") -> float | None:
    """Await a task's end and settle it, if that was not done already; return the seconds after which it is to be started again, or None.

    What is done then belongs to the trace of the start (`traceparent`), unless that was long ago.
    """
    status = await exit_status(f"container {live.id}", task)
    is_young = time.time_ns() - live.record.started_ns < _SAME_TRACE_NS
    async with live.lock:
        with request("container exit", trace if is_young else "", {"container.id": live.id}):
            return await settle(context, live, task, status) if live.run.task is task else None


async def _supervise(context: EngineContext, live: LiveContainer, task: Task, trace: str) -> None:
    """Await a task's end and do what follows from it."""
    delay = await await_end(context, live, task, trace)
    if delay is not None:
        await _restart_after(context, live, delay)


async def _restart_after(context: EngineContext, live: LiveContainer, delay: float) -> None:
    woken = live.resting.begin()
    with anyio.move_on_after(delay):
        await woken.wait()
    async with live.lock:
        if live.record.state is not ContainerState.RESTARTING:
            return
        try:
            await launch(context, live)
        except EngineError as error:
            _log.error("container %s: restart failed: %s", live.id, error)
            context.containers.save(live, replace(apply(live.record, Transition.EXIT), finished_ns=time.time_ns()))


async def _run(context: EngineContext, live: LiveContainer, undo: AsyncExitStack) -> Task:
    named = with_names_of_network(context, live.record)
    if named is not live.record:
        context.containers.save(live, named)
    record = as_run(named)
    path = context.bundle(record.id)
    if live.run.tidying is not None:
        with step("start.await_earlier_run"):
            await live.run.tidying.finish()
    path.mkdir(parents=True, exist_ok=True)
    undo.callback(remove_bundle, path)
    with step("start.networks"):
        sandbox_path = await _connect(context, record, undo)
    with step("start.identity"):
        identity = await identity_of(context, live)
    undo.push_async_callback(release_volumes, context, record)
    with ExitStack() as held:
        with step("start.mounts"):
            images = await image_sources(context, record, path, held)
            mounts = await mount_plan(record.mounts, record.id, context.volumes, held, images)
        with step("start.runtime_spec"):
            spec = context.amend(await runtime_spec(context, record, identity, sandbox_path, mounts), record.id)
        rootfs = await context.drivers.storage.mounts(record.id)
        with step("start.open_log"):
            await ready_log(context, live)
        undo.callback(leave_log, live)
        remember_process(context, live, spec.process)
        bundle = Bundle(record.id, path, spec, rootfs)
        try:
            task = await runtime_of(context, record).start(bundle, process_io(record))
        except StartFailed as error:
            if not (is_missing(error) and await made_destinations(context.drivers.storage, record)):
                raise
            task = await runtime_of(context, record).start(bundle, process_io(record))
    undo.push_async_callback(task.delete)
    return task


async def _connect(context: EngineContext, record: ContainerRecord, undo: AsyncExitStack) -> str:
    """Join the container's networks, write the files that tell about them, return its network namespace's path ("": not a given one)."""
    owner = network_owner(context, record.id, record.host_config.network_mode)
    if owner is not None:
        return f"/proc/{owner.record.pid}/ns/net"
    links = links_of(context, record)
    resolved = as_resolved(context, record)
    with explained("failed to set up container networking"):
        connected = await context.attachments.connect(_request(resolved))
    undo.push_async_callback(leave_networks, context, record)
    write_host_files(context.directory(record.id), resolved, connected, names_of_links(links))
    announce_address(context, record)
    with explained("failed to set up container networking"):
        await update_port_links(context, record)
    return connected.sandbox_path or ""


def _request(record: ContainerRecord) -> ConnectRequest:
    asked = forwarding(record.host_config)
    return ConnectRequest(
        container_id=record.id,
        container_name=record.name,
        hostname=record.config.hostname,
        mode=record.host_config.network_mode.network,
        networks=with_links(record),
        ports=ports.bindings(record.config, record.host_config),
        mac_address=record.config.mac_address,
        ipv6=record.host_config.sysctls.get(_NO_IPV6) != "1",
        resolver=Resolver(servers=asked.servers, host_servers=asked.host_servers, ndots=asked.ndots),
    )


def _save_running(context: EngineContext, live: LiveContainer, task: Task) -> None:
    record = replace(
        apply(live.record, Transition.START),
        pid=task.pid,
        started_ns=time.time_ns(),
        exit_code=0,
        error="",
        oom_killed=False,
        sandbox_path=f"/proc/{task.pid}/ns/net",
    )
    context.containers.save(live, record)
