"""One build, as the calls of its client see it."""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.status import status_message
from sdk.drivers.registry import Credentials
from sdk.engine.build_events import BuildResult, BuildWarning, Vertex, VertexLog, VertexStatus
from sdk.errors import EngineError

_HUB = "docker.io"
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")


@dataclass(frozen=True, slots=True)
class Posted:
    """What a client without a session sent with its request: the context, and its logins by registry."""

    context: Path
    logins: Mapping[str, Credentials] = field(default_factory=dict)

    async def get(self, registry: str) -> Credentials:
        """Return the login for a registry host; the empty one if there is none (`sdk.engine.builds.CredentialSource`)."""
        keys = _HUB_KEYS if registry == _HUB else (registry, f"https://{registry}", f"http://{registry}")
        return next((self.logins[key] for key in keys if key in self.logins), Credentials(server_address=registry))


@dataclass(slots=True, eq=False)
class Build:
    """One build: what was asked for, what it told so far, and what its client decided.

    `results` are what the client's own solve requests came to, by the ID it knows them by; `failure` is the last one that failed.
    `returned` is set when the client has named the result to export, or has given up. `posted` is what a client without a session sent,
    `made` the ID of the image that was made last. `trace` is the header by which its calls join the trace of the first; "" without one.
    """

    request: wire.SolveRequest
    created_ns: int = field(default_factory=time.time_ns)
    results: dict[str, BuildResult] = field(default_factory=dict)
    failure: EngineError | None = None
    dockerfile: bytes = b""
    returned: anyio.Event = field(default_factory=anyio.Event)
    result: BuildResult | None = None
    ended: bool = False
    posted: Posted | None = None
    made: str = ""
    trace: str = ""
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
