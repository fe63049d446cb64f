"""All metrics of one engine. Scrapes at the same time share one collection, which is good for a second."""

import os
import time
from collections.abc import Sequence

import anyio

from plugins.api_metrics import containers, daemon, process
from plugins.api_metrics.text import Family, Format, Sample, render
from sdk.engine import Engine
from sdk.engine.containers import ContainerInfo, ListRequest
from sdk.engine.system import SystemInfo
from sdk.linux.processes import began

FRESH_SECONDS = 1.0

Collected = Sequence[tuple[Family, Sequence[Sample]]]


class Collector:
    """A scrape costs a listing of the containers. Figures are read anew once they are a second old, and at once when a container came, went
    or changed its state: the series of a removed container are in no scrape that begins after its removal."""

    def __init__(self, engine: Engine, labels: Sequence[str] = ()) -> None:
        self._engine = engine
        self._labels = labels
        self._lock = anyio.Lock()
        self._info: SystemInfo | None = None
        self._started = began(os.getpid())
        self._collected: Collected = ()
        self._key: tuple[tuple[str, str, str], ...] | None = None
        self._at = 0.0
        self._texts: dict[Format, bytes] = {}

    async def text(self, chosen: Format) -> bytes:
        """Return the metrics as text. Raises EngineError."""
        async with self._lock:
            found = await self._engine.containers.list(ListRequest(all=True))
            key = tuple((info.id, info.name, info.state) for info in found)
            if key != self._key or time.monotonic() - self._at >= FRESH_SECONDS:
                self._collected = await self._collect(found)
                self._key, self._at = key, time.monotonic()
                self._texts.clear()
            if chosen not in self._texts:
                self._texts[chosen] = render(self._collected, chosen)
            return self._texts[chosen]

    async def _collect(self, found: Sequence[ContainerInfo]) -> Collected:
        readings = await self._engine.streams.stats_all()
        counters = await self._engine.system.counters()
        if self._info is None:
            self._info = await self._engine.system.info()
        read = [containers.labelled(info, readings[info.id], self._labels) for info in found if info.id in readings]
        return [*daemon.samples(self._info, counters, found), *containers.samples(read), *process.samples(self._started)]
