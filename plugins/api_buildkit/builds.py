"""The builds that run, by reference: where the calls of one build meet."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from plugins.api_buildkit.history import History
from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.status import status_message
from sdk.engine.build_events import BuildResult, BuildWarning, Vertex, VertexLog, VertexStatus
from sdk.errors import EngineError, NotFound

_ARRIVAL_SECONDS = 3.0


@dataclass(slots=True, eq=False)
class Build:
    """One build: what was asked for, what it told so far, and what its client decided.

    `results` are what the client's own solve requests came to, by the ID it knows them by; `failure` is the last one that failed.
    `returned` is set when the client has named the result to export, or has given up.
    """

    request: wire.SolveRequest
    created_ns: int = field(default_factory=time.time_ns)
    results: dict[str, BuildResult] = field(default_factory=dict)
    failure: EngineError | None = None
    dockerfile: bytes = b""
    returned: anyio.Event = field(default_factory=anyio.Event)
    result: BuildResult | None = None
    ended: bool = False
    vertices: dict[str, Vertex] = field(default_factory=dict)
    warnings: int = 0
    _told: list[wire.StatusResponse] = field(default_factory=list)
    _news: anyio.Event = field(default_factory=anyio.Event)

    def tell(self, event: Vertex | VertexStatus | VertexLog | BuildWarning) -> None:
        """Let those who follow the build know. Steps without a name are none of this protocol: they change the configuration alone."""
        if isinstance(event, Vertex) and not event.name:
            return
        if isinstance(event, Vertex):
            self.vertices[event.digest] = event
        elif isinstance(event, BuildWarning):
            self.warnings += 1
        self._told.append(status_message(event))
        self._wake()

    def end(self) -> None:
        """Nothing more will be told."""
        self.ended = True
        self.returned.set()
        self._wake()

    async def follow(self) -> AsyncIterator[wire.StatusResponse]:
        """Yield everything told, from the beginning to the end; what came at once comes in one message."""
        seen = 0
        while seen < len(self._told) or not self.ended:
            if seen == len(self._told):
                await self._news.wait()
                continue
            news, seen = self._told[seen:], len(self._told)
            yield _merged(news)

    def _wake(self) -> None:
        self._news.set()
        self._news = anyio.Event()


def _merged(messages: list[wire.StatusResponse]) -> wire.StatusResponse:
    merged = wire.StatusResponse()
    for message in messages:
        merged.MergeFrom(message)
    return merged


class Builds:
    """All builds that run, and the history of those that ran."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._running: dict[str, Build] = {}
        self._change = anyio.Event()

    @contextmanager
    def running(self, request: wire.SolveRequest) -> Iterator[Build]:
        """Make a build known while the block runs; afterwards it is history."""
        build = self._running[request.ref] = Build(request)
        self._change.set()
        self._change = anyio.Event()
        failure: BaseException | None = None
        try:
            yield build
        except BaseException as error:
            failure = error
            raise
        finally:
            del self._running[request.ref]
            build.end()
            if not request.internal:
                self.history.add(build, failure)

    async def get(self, ref: str) -> Build:
        """Return a build that runs or ran; clients ask a moment before they start it. Raises NotFound."""
        with anyio.move_on_after(_ARRIVAL_SECONDS):
            while ref not in self._running:
                past = self.history.find(ref)
                if past is not None:
                    return past
                await self._change.wait()
        try:
            return self._running[ref]
        except KeyError:
            raise NotFound(f"no such job {ref}") from None
