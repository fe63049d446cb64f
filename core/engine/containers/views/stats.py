"""`docker stats`: readings of a running container, one a second."""

import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress

import anyio

from core.containers.life.live import LiveContainer
from core.engine.context import EngineContext
from sdk.drivers.runtime import Task, TaskStats
from sdk.engine.containers import InterfaceStats, StatsReading, StatsSample
from sdk.engine.modes import NetworkKind
from sdk.errors import EngineError
from sdk.text import lines

_INTERVAL = 1.0
_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


async def stats(context: EngineContext, live: LiveContainer, *, stream: bool, one_shot: bool) -> AsyncIterator[StatsSample]:
    """Yield samples until the container is removed; a single one without `stream` (after two readings unless `one_shot`)."""
    previous = None
    if not stream and not one_shot and live.run.task is not None:
        previous = await _read(live)
        await anyio.sleep(_INTERVAL)
    while live.id in context.containers:
        current = await _read(live)
        yield StatsSample(live.id, live.name, current, previous)
        if not stream:
            return
        previous = current
        await anyio.sleep(_INTERVAL)


async def _read(live: LiveContainer) -> StatsReading | None:
    task = live.run.task
    if task is None:
        return None
    try:
        counters = {live.id: await task.stats()}
    except (EngineError, OSError):
        return None  # it ended between the question and the answer
    return machine_reading([(live, task)], counters).get(live.id)


def machine_reading(running: Sequence[tuple[LiveContainer, Task]], counters: Mapping[str, TaskStats]) -> dict[str, StatsReading]:
    """Complete the counters of containers by those of /proc; one that has ended is left out. Blocks."""
    now, system, cpus = time.time_ns(), parse_system_time(_text("/proc/stat")), os.cpu_count() or 1
    readings = {}
    for live, task in running:
        with suppress(OSError):
            readings[live.id] = StatsReading(now, system, cpus, counters[live.id], _interfaces(live, task))
    return readings


def _interfaces(live: LiveContainer, task: Task) -> dict[str, InterfaceStats]:
    """Return the counters of a container's interfaces, none for one without a network of its own. Raises OSError when it has ended."""
    if live.record.host_config.network_mode.kind in (NetworkKind.HOST, NetworkKind.NONE):
        return {}
    return parse_interfaces(_text(f"/proc/{task.pid}/net/dev"))


def parse_system_time(stat: str) -> int:
    """Return the nanoseconds all CPUs have spent since boot (proc(5), /proc/stat, first line; guest time is in user time already)."""
    return sum(int(ticks) for ticks in stat.partition("\n")[0].split()[1:8]) * _TICK_NS


def parse_interfaces(table: str) -> dict[str, InterfaceStats]:
    """Return the counters of all interfaces but loopback (proc(5), /proc/net/dev)."""
    rows = (line.partition(":") for line in lines(table)[2:])
    return {name.strip(): _interface(values.split()) for name, _, values in rows if name.strip() != "lo"}


def _interface(values: list[str]) -> InterfaceStats:
    n = [int(value) for value in values]
    return InterfaceStats(
        rx_bytes=n[0],
        rx_packets=n[1],
        rx_errors=n[2],
        rx_dropped=n[3],
        tx_bytes=n[8],
        tx_packets=n[9],
        tx_errors=n[10],
        tx_dropped=n[11],
    )


def _text(path: str) -> str:
    with open(path, "rb", buffering=0) as file:  # a text file would take twice the time
        return file.read().decode(errors="replace")  # an interface's name may be any bytes
