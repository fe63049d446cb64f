"""One reading of every running container, made to be cheap: a batch a runtime, and a thread for all of /proc."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

import anyio

from core.containers.life.live import LiveContainer
from core.engine.containers.views.stats import machine_reading
from core.engine.context import EngineContext
from sdk.drivers.runtime import BatchStats, Task, TaskStats
from sdk.engine.containers import StatsReading
from sdk.errors import EngineError

Running = Sequence[tuple[LiveContainer, Task]]


async def stats_all(context: EngineContext) -> Mapping[str, StatsReading]:
    """Read every container that runs; those of a runtime that does not answer, and those that end meanwhile, are left out."""
    running = [(live, live.run.task) for live in context.containers if live.run.task is not None]
    counters: dict[str, TaskStats] = {}
    for name in {live.record.host_config.runtime for live, _ in running}:
        with suppress(EngineError):
            counters |= await _of_runtime(context, name, [each for each in running if each[0].record.host_config.runtime == name])
    return await anyio.to_thread.run_sync(partial(machine_reading, [each for each in running if each[0].id in counters], counters))


async def _of_runtime(context: EngineContext, name: str, running: Running) -> Mapping[str, TaskStats]:
    runtime = context.drivers.runtime(name)
    if isinstance(runtime, BatchStats):
        return await runtime.stats_many([live.id for live, _ in running])
    counters = {}
    for live, task in running:
        with suppress(EngineError):
            counters[live.id] = await task.stats()
    return counters
