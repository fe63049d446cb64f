"""The traces that are kept, as JSON for the command line: a list in `/traces`, and the spans of one in `/traces/ID`."""

import msgspec

from core.tracing import Trace, Tracer
from sdk.engine import Engine
from sdk.frontend import ApiFrontend, ASGIApp, Receive, Scope, Send, refuse, reply
from sdk.tracing import Span

_JSON = (b"content-type", b"application/json")
_PREFIX = "/traces"


class SpanShown(msgspec.Struct, rename="pascal", frozen=True):
    """A span: IDs in hexadecimal, times in nanoseconds since 1970."""

    id: str
    parent: str
    name: str
    start: int
    end: int
    attributes: dict[str, str | int]
    error: str


class TraceListed(msgspec.Struct, rename="pascal", frozen=True):
    """A trace without its spans: the name of the request that began first, times as those of a span, and how many spans there are.

    While no request of it has ended it has no span, no name, and times of 0.
    """

    id: str
    running: int
    dropped: int
    first: str
    start: int
    end: int
    span_count: int


class TraceShown(msgspec.Struct, rename="pascal", frozen=True):
    """A trace. While requests of it are being served (`running`), spans are missing; `dropped` are those there was no room for."""

    id: str
    running: int
    dropped: int
    spans: list[SpanShown]


class TracesFrontend(ApiFrontend):
    """This engine's own; authorizers are asked about it as about all requests."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @property
    def prefix(self) -> str:
        return _PREFIX

    def build(self, engine: Engine) -> ASGIApp:
        """Return the application, which needs no engine."""
        del engine
        return self._serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        wanted = str(scope["path"]).removeprefix(_PREFIX).strip("/")
        if scope["method"] != "GET":
            await refuse(send, 405, "traces can only be read")
        elif not wanted:
            await reply(send, 200, msgspec.json.encode([_listed(trace) for trace in self._tracer.traces()]), [_JSON])
        elif (found := self._find(wanted)) is not None:
            await reply(send, 200, msgspec.json.encode(_shown(found)), [_JSON])
        else:
            await refuse(send, 404, f"No such trace: {wanted}")

    def _find(self, wanted: str) -> Trace | None:
        try:
            return self._tracer.find(int(wanted, 16))
        except ValueError:
            return None


def _listed(trace: Trace) -> TraceListed:
    first, start = (trace.first.name, trace.first.start_ns) if trace.first else ("", 0)
    return TraceListed(f"{trace.id:032x}", trace.running, trace.dropped, first, start, trace.end_ns, len(trace.spans))


def _shown(trace: Trace) -> TraceShown:
    return TraceShown(f"{trace.id:032x}", trace.running, trace.dropped, [_span(span) for span in trace.spans])


def _span(span: Span) -> SpanShown:
    parent = f"{span.parent:016x}" if span.parent else ""
    return SpanShown(f"{span.id:016x}", parent, span.name, span.start_ns, span.end_ns, dict(span.attributes), span.error)
