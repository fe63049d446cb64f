"""Binds a container's verbs, streams and execs to the protocols that frontends see."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from core.containers.life.live import LiveContainer
from core.engine.containers import create, pause, prune, remove, rename, start, stop, update, wait
from core.engine.containers.io import attach, exec, logs
from core.engine.containers.preparation import links
from core.engine.containers.preparation.port_links import open_port_links
from core.engine.containers.views import explain, inspect, readings, stats, top
from core.engine.containers.views import list as listing
from core.engine.context import EngineContext
from sdk.drivers.logs import LogRequest
from sdk.engine.config import UpdateRequest
from sdk.engine.containers import (
    AttachRequest,
    Changed,
    ContainerInfo,
    Created,
    CreateRequest,
    ExecInfo,
    ExecRequest,
    Filters,
    ListRequest,
    LogSession,
    ProcessTable,
    Pruned,
    Session,
    StatsReading,
    StatsSample,
    WaitCondition,
    Waiter,
)
from sdk.errors import explained


@dataclass(frozen=True, slots=True)
class _Bound:
    context: EngineContext

    def _find(self, ref: str) -> LiveContainer:
        return self.context.containers.find(ref)


class ContainerService(_Bound):
    """Implements `sdk.engine.Containers`."""

    async def create(self, request: CreateRequest) -> Created:
        return await create.create(self.context, request)

    async def inspect(self, ref: str, *, size: bool = False) -> ContainerInfo:
        return await inspect.inspect(self.context, self._find(ref), size=size)

    async def list(self, request: ListRequest) -> Sequence[ContainerInfo]:
        return await listing.list_containers(self.context, request)

    async def start(self, ref: str) -> Changed:
        return await start.start(self.context, self._find(ref))

    async def stop(self, ref: str, *, timeout: int | None = None, signal: str = "") -> Changed:
        live = self._find(ref)
        with explained(f"cannot stop container: {ref}"):
            return await stop.stop(self.context, live, timeout, signal)

    async def restart(self, ref: str, *, timeout: int | None = None, signal: str = "") -> None:
        live = self._find(ref)
        with explained(f"Cannot restart container {ref}"):
            await stop.restart(self.context, live, timeout, signal)

    async def kill(self, ref: str, signal: str = "") -> None:
        with explained(f"cannot kill container: {ref}"):
            await stop.kill(self.context, self._find(ref), signal)

    async def pause(self, ref: str) -> None:
        await pause.pause(self.context, self._find(ref))

    async def unpause(self, ref: str) -> None:
        await pause.unpause(self.context, self._find(ref))

    async def remove(self, ref: str, *, force: bool = False, volumes: bool = False, link: bool = False) -> None:
        if link:
            await links.remove_link(self.context, ref)
            await open_port_links(self.context)
            return
        await remove.remove(self.context, self._find(ref), force=force, volumes=volumes)

    async def explain(self, ref: str) -> Sequence[tuple[str, str]]:
        return await explain.explain(self.context, self._find(ref))

    async def rename(self, ref: str, name: str) -> None:
        await rename.rename(self.context, self._find(ref), name)

    async def update(self, ref: str, request: UpdateRequest) -> Sequence[str]:
        return await update.update(self.context, self._find(ref), request)

    async def wait(self, ref: str, condition: WaitCondition) -> Waiter:
        return wait.register(self._find(ref), condition)

    async def prune(self, filters: Filters) -> Pruned:
        return await prune.prune(self.context, filters)


class StreamService(_Bound):
    """Implements `sdk.engine.ContainerStreams`."""

    async def attach(self, ref: str, request: AttachRequest) -> Session:
        return await attach.attach(self.context, self._find(ref), request)

    async def logs(self, ref: str, request: LogRequest) -> LogSession:
        return await logs.logs(self.context, self._find(ref), request)

    async def stats(self, ref: str, *, stream: bool = True, one_shot: bool = False) -> AsyncIterator[StatsSample]:
        return stats.stats(self.context, self._find(ref), stream=stream, one_shot=one_shot)

    async def stats_all(self) -> Mapping[str, StatsReading]:
        return await readings.stats_all(self.context)

    async def top(self, ref: str, ps_args: str = "") -> ProcessTable:
        return await top.top(self.context, self._find(ref), ps_args)

    async def resize(self, ref: str, rows: int, columns: int) -> None:
        await attach.resize(self.context, self._find(ref), rows, columns)


class ExecService(_Bound):
    """Implements `sdk.engine.Execs`."""

    async def create(self, ref: str, request: ExecRequest) -> str:
        return (await exec.create(self.context, self._find(ref), request, called=ref)).id

    async def start(self, exec_id: str, *, detach: bool = False, rows: int = 0, columns: int = 0) -> Session | None:
        live, execution = exec.find(self.context, exec_id)
        exec.accept(live, execution)
        exec.sized(execution, rows, columns)
        if not detach:
            return exec.ExecSession(self.context, live, execution)
        await exec.run(self.context, live, execution)
        return None

    async def inspect(self, exec_id: str) -> ExecInfo:
        return exec.describe(*exec.find(self.context, exec_id))

    async def resize(self, exec_id: str, rows: int, columns: int) -> None:
        await exec.resize(*exec.find(self.context, exec_id), rows, columns)
