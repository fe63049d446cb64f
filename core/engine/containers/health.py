"""Health checks: a probe run in the container at intervals, and what its results mean."""

import time

import anyio

from core.containers.life.live import LiveContainer
from core.containers.process.probes import Schedule, judge, schedule_of
from core.durations import go_duration
from core.engine.containers.announce import announce
from core.engine.containers.exit_status import exit_status
from core.engine.containers.io import exec
from core.engine.context import EngineContext
from core.streams.hub import OutputHub
from core.streams.pump import PumpSet, StreamPump
from sdk.drivers.logs import StdStream
from sdk.drivers.runtime import ProcessIO, RunningProcess
from sdk.engine.containers import ContainerState, ExecRequest, Health, HealthProbe, HealthStatus
from sdk.errors import EngineError

_OUTPUT_LIMIT = 4096
_TIMED_OUT = -1


def begin(context: EngineContext, live: LiveContainer) -> None:
    """Start a container's probes, if it has a health check; they end with its run."""
    schedule = schedule_of(live.record.config)
    if schedule is None:
        live.probing.none()
        return
    scope = live.probing.begin()
    live.changed()
    context.background.start(f"container {live.id}: its health check", _watch, context, live, schedule, scope)


async def _watch(context: EngineContext, live: LiveContainer, schedule: Schedule, scope: anyio.CancelScope) -> None:
    started = time.monotonic()
    with scope:
        while True:
            starting = _health(live).status is HealthStatus.STARTING
            in_start_period = time.monotonic() - started < schedule.start_period
            await anyio.sleep(schedule.start_interval if starting and in_start_period else schedule.interval)
            if live.record.state is not ContainerState.RUNNING:
                continue
            probe = await _probe(context, live, schedule)
            _record(context, live, schedule, probe, in_start_period=time.monotonic() - started < schedule.start_period)


def _record(context: EngineContext, live: LiveContainer, schedule: Schedule, probe: HealthProbe, *, in_start_period: bool) -> None:
    before = _health(live)
    health = judge(before, probe, schedule, in_start_period=in_start_period)
    context.probes.count(failed=probe.exit_code == _TIMED_OUT)
    live.probing.found(health)
    live.changed()
    if health.status is not before.status:
        announce(context, live, f"health_status: {health.status}")


def _health(live: LiveContainer) -> Health:
    return live.probing.health or Health(HealthStatus.STARTING)


async def _probe(context: EngineContext, live: LiveContainer, schedule: Schedule) -> HealthProbe:
    start_ns = time.time_ns()
    hub = OutputHub()
    output = hub.subscribe(StdStream.STDOUT, StdStream.STDERR)
    process = None
    try:
        process = await exec.begin(context, live, f"health-{time.monotonic_ns():x}", ExecRequest(cmd=schedule.command), ProcessIO())
        code = await _outcome(f"health check of container {live.id}", process, hub, schedule)
    except (EngineError, OSError) as error:
        return HealthProbe(start_ns, time.time_ns(), _TIMED_OUT, str(error))
    finally:
        hub.finish()
        if process is not None:
            process.close()
    text = b"".join([chunk async for _, chunk in output])[:_OUTPUT_LIMIT].decode(errors="replace")
    if code == _TIMED_OUT:
        text = f"Health check exceeded timeout ({go_duration(schedule.timeout)})" + (f": {text}" if text else "")
    return HealthProbe(start_ns, time.time_ns(), code, text)


async def _outcome(what: str, process: RunningProcess, hub: OutputHub, schedule: Schedule) -> int:
    sources = ((process.stdout, StdStream.STDOUT), (process.stderr, StdStream.STDERR))
    pumps = PumpSet(tuple(StreamPump(fd, stream, hub) for fd, stream in sources if fd is not None), hub)
    pumps.start()
    code = _TIMED_OUT
    try:
        with anyio.move_on_after(schedule.timeout):
            code = (await exit_status(what, process)).code
        if code == _TIMED_OUT:
            await process.signal(9)
            await exit_status(what, process)
        await pumps.drained(1.0)
    finally:
        pumps.stop()
    return code
