"""What a build tells: events, and the vertices they belong to."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from sdk.drivers.logs import StdStream
from sdk.engine.build_events import BuildEvent, Vertex, VertexLog, VertexStatus
from sdk.engine.images import Progress
from sdk.errors import BuildFailed, EngineError
from sdk.oci.digest import digest_of
from sdk.tracing import step as traced_step

_VALUES = re.compile(r"((?:\[[^\]]*\] )?(?:ONBUILD\s+)*(?:ENV|ARG)\b(?:\s+\w+)?).*", re.IGNORECASE | re.DOTALL)
"""Up to the name of the first variable of an instruction that gives variables values."""


def traced_name(vertex: Vertex) -> str:
    """Return the name of a vertex in traces: its first line as clients see it, but for the values of variables, which may be secrets."""
    name = vertex.name or vertex.instruction or "build step"
    if given := _VALUES.fullmatch(name):
        return given[1]
    return name.partition("\n")[0]


class Telling:
    """Passes events on by `tell`, which never blocks."""

    def __init__(self, tell: Callable[[BuildEvent], None]) -> None:
        self.tell = tell

    @asynccontextmanager
    async def step(self, vertex: Vertex) -> AsyncIterator["Step"]:
        """Announce a vertex as begun, and at the end of the block as done or failed."""
        step = Step(self, replace(vertex, started_ns=time.time_ns()))
        self.tell(step.vertex)
        try:
            with traced_step(traced_name(vertex)):
                yield step
        except EngineError as error:
            step.change(completed_ns=time.time_ns(), error=error.message)
            if isinstance(error, BuildFailed):
                error.vertex = error.vertex or vertex.digest
            raise
        except asyncio.CancelledError:
            step.change(completed_ns=time.time_ns(), error="context canceled")
            raise
        except Exception as error:
            step.change(completed_ns=time.time_ns(), error=str(error) or type(error).__name__)
            raise
        step.change(completed_ns=time.time_ns())


class Step:
    """A vertex under way."""

    def __init__(self, telling: Telling, vertex: Vertex) -> None:
        self._telling = telling
        self.vertex = vertex

    def change(
        self,
        *,
        completed_ns: int = 0,
        error: str = "",
        cached: bool | None = None,
        container_id: str = "",
        removed_id: str = "",
        result: str = "",
        triggers: int = 0,
    ) -> None:
        """Announce the vertex anew with what is given."""
        now = self.vertex
        self.vertex = replace(
            now,
            completed_ns=completed_ns or now.completed_ns,
            error=error or now.error,
            cached=now.cached if cached is None else cached,
            container_id=container_id or now.container_id,
            removed_id=removed_id or now.removed_id,
            triggers=triggers or now.triggers,
            result=result or now.result,
        )
        self._telling.tell(self.vertex)

    def log(self, stream: StdStream, data: bytes) -> None:
        """Pass output on."""
        self._telling.tell(VertexLog(self.vertex.digest, stream, data, time.time_ns()))

    def progress(self, progress: Progress) -> None:
        """Pass on what a pull reports."""
        name = f"{progress.id}: {progress.status}" if progress.id else progress.status
        now = time.time_ns()
        self._telling.tell(
            VertexStatus(self.vertex.digest, name, name, progress.current, progress.total, now, self.vertex.started_ns, now)
        )


def vertex_of(name: str, *identity: str) -> str:
    """Return a digest that identifies a vertex."""
    return digest_of("\0".join((name, *identity)).encode())
