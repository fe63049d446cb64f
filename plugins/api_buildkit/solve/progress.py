"""Steps of a build that are ours, not the builder's: what travels between client and daemon."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from plugins.api_buildkit.build import Build
from sdk.engine.build_events import Vertex, VertexStatus
from sdk.errors import EngineError


@dataclass(frozen=True, slots=True)
class Step:
    """A step that runs."""

    build: Build
    vertex: Vertex

    @contextmanager
    def part(self, name: str) -> Iterator["Part"]:
        """Show a part of the step while the block runs."""
        status = VertexStatus(self.vertex.digest, name, started_ns=time.time_ns(), time_ns=time.time_ns())
        part = Part(self.build, status)
        self.build.tell(status)
        try:
            yield part
        finally:
            now = time.time_ns()
            self.build.tell(replace(part.status, time_ns=now, completed_ns=now))


@dataclass(slots=True)
class Part:
    """One thing a step does."""

    build: Build
    status: VertexStatus

    def at(self, current: int) -> None:
        """Tell how far it is, if it got further."""
        if current != self.status.current:
            self.status = replace(self.status, current=current, time_ns=time.time_ns())
            self.build.tell(self.status)


@contextmanager
def step(build: Build, name: str) -> Iterator[Step]:
    """Show a step while the block runs; what it raises is shown as its error."""
    digest = "sha256:" + hashlib.sha256(f"{build.request.ref} {name}".encode()).hexdigest()
    vertex = Vertex(digest, name, started_ns=time.time_ns())
    build.tell(vertex)
    error = ""
    try:
        yield Step(build, vertex)
    except EngineError as failure:
        error = failure.message
        raise
    except BaseException as failure:
        error = str(failure) or "canceled"
        raise
    finally:
        build.tell(replace(vertex, completed_ns=time.time_ns(), error=error))
