"""Streams of containers that run nothing."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import anyio

from sdk.drivers.logs import LogRecord, LogRequest
from sdk.drivers.runtime import CPUStats, MemoryStats, TaskStats
from sdk.engine.containers import (
    AttachRequest,
    ContainerState,
    InterfaceStats,
    ListRequest,
    LogSession,
    ProcessClient,
    ProcessTable,
    Session,
    StatsReading,
    StatsSample,
)
from sdk.errors import Conflict, NotRunning
from sdk.testing.fake.containers import Box, FakeContainers
from sdk.testing.fake.programs import run_program


class FakeStreams:
    """See `sdk.engine.containers.ContainerStreams`."""

    def __init__(self, containers: FakeContainers) -> None:
        self._containers = containers
        self.sizes: dict[str, tuple[int, int]] = {}

    async def attach(self, ref: str, request: AttachRequest) -> Session:
        """Accept a client, who then runs the container's program."""
        del request
        box = self._containers.box(ref)
        if box.info.state is ContainerState.PAUSED:
            raise Conflict(f"container {box.info.id} is paused, unpause the container before attach")
        box.attached = True
        return _Attach(self._containers, box)

    async def logs(self, ref: str, request: LogRequest) -> LogSession:
        """Return what a container printed; following ends with it."""
        box = self._containers.box(ref)

        async def batches() -> AsyncIterator[Sequence[LogRecord]]:
            found = [record for record in box.log if record.time_ns >= request.since_ns]
            yield found if request.tail is None else found[len(found) - min(request.tail, len(found)) :]
            if request.follow:
                await box.exited.wait()

        return LogSession(box.info.config.tty, batches())

    async def stats(self, ref: str, *, stream: bool = True, one_shot: bool = False) -> AsyncIterator[StatsSample]:
        """Return readings that count up."""
        box = self._containers.box(ref)

        async def samples() -> AsyncIterator[StatsSample]:
            previous = None
            while True:
                current = _reading() if box.info.state is ContainerState.RUNNING else None
                yield StatsSample(box.info.id, box.info.name, current, None if one_shot else previous)
                if not stream:
                    return
                previous = current
                await anyio.sleep(0.1)

        return samples()

    async def stats_all(self) -> Mapping[str, StatsReading]:
        """Return readings of what runs."""
        infos = await self._containers.list(ListRequest())
        return {info.id: _reading() for info in infos}

    async def top(self, ref: str, ps_args: str = "") -> ProcessTable:
        """Return one process."""
        box = self._running(ref)
        return ProcessTable(("PID", "CMD"), ((str(box.info.pid), " ".join((*box.command, ps_args)).strip()),))

    async def resize(self, ref: str, rows: int, columns: int) -> None:
        """Note a size."""
        self.sizes[self._running(ref).info.id] = (rows, columns)

    def _running(self, ref: str) -> Box:
        box = self._containers.box(ref)
        if box.info.state is not ContainerState.RUNNING:
            raise NotRunning(box.info.id)
        return box


@dataclass(frozen=True, slots=True)
class _Attach:
    containers: FakeContainers
    box: Box

    @property
    def terminal(self) -> bool:
        return self.box.info.config.tty

    async def run(self, client: ProcessClient) -> None:
        await self.box.started.wait()
        if self.box.info.state is not ContainerState.RUNNING:
            return
        code = await run_program(self.box.command, client)
        if not self.box.exited.is_set():
            self.containers.finish(self.box, code)


def _reading() -> StatsReading:
    now = time.time_ns()
    memory = MemoryStats(usage=1 << 20, limit=1 << 30, detail={"inactive_file": 4096, "anon": 1 << 19})
    task = TaskStats(2, CPUStats(now % 10**12, 1, 2), memory, pids=1)
    return StatsReading(now, now, 2, task, {"eth0": InterfaceStats(rx_bytes=1, tx_bytes=2)})
