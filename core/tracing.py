"""The daemon's tracer: which requests are traced, and the last few traces."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from random import getrandbits

from msgspec.structs import replace

from sdk.tracing import NOT_TRACED, Attributes, Recording, Span, Step

_KEPT = 32
"""Traces that are kept."""

_SPANS = 2000
"""Spans of a trace that are kept; a container's life has about 60."""

_DROPPED = "core.dropped_spans"
_SAMPLED = 1
_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")

Ship = Callable[[Sequence[Span]], None]
"""Takes the spans of a request that has ended. It is called on the event loop, and raises nothing."""


@dataclass(frozen=True, slots=True)
class Parent:
    """What a client says about the trace that a request belongs to: its IDs, and whether it is recorded."""

    trace: int
    span: int
    is_sampled: bool


@dataclass(slots=True)
class Trace:
    """What is known of a trace: the spans of the requests that have ended, how many are being served, and how many spans there was no room
    for. `first` is the request that began first, of those that have ended, the last at `end_ns`."""

    id: int
    spans: list[Span] = field(default_factory=list)
    running: int = 0
    dropped: int = 0
    first: Span | None = None
    end_ns: int = 0


class Tracer:
    """Implements `sdk.tracing.Tracer`. Lives on the event loop. Where traces are shipped, requests without a `traceparent` are traced too."""

    def __init__(self, ship: Sequence[Ship] = ()) -> None:
        self.ship = ship
        self._traces: OrderedDict[int, Trace] = OrderedDict()

    @property
    def ships(self) -> bool:
        """Whether traces are shipped, and so made without being asked for."""
        return bool(self.ship)

    def traces(self) -> list[Trace]:
        """Return the traces that are kept, the newest last."""
        return list(self._traces.values())

    def find(self, trace: int) -> Trace | None:
        """Return a trace that is kept."""
        return self._traces.get(trace)

    def request(self, name: str, traceparent: str, attributes: Attributes) -> AbstractContextManager[Step | None]:
        """See `sdk.tracing.Tracer.request`."""
        parent = parse_parent(traceparent) if traceparent else None
        is_wanted = parent.is_sampled if parent else self.ships
        return self._recorded(name, parent, attributes) if is_wanted else NOT_TRACED

    @contextmanager
    def _recorded(self, name: str, parent: Parent | None, attributes: Attributes) -> Iterator[Step]:
        trace = self._trace(parent.trace if parent else getrandbits(128) or 1)
        recording = Recording(trace.id, _SPANS)
        trace.running += 1
        span = Step(recording, parent.span if parent else 0, name, attributes)
        try:
            with span:
                yield span
        finally:
            trace.running -= 1
            self._finish(trace, recording, span.id)

    def _trace(self, number: int) -> Trace:
        trace = self._traces.pop(number, None) or Trace(number)
        self._traces[number] = trace
        while len(self._traces) > _KEPT:
            self._traces.popitem(last=False)
        return trace

    def _finish(self, trace: Trace, recording: Recording, request: int) -> None:
        spans = recording.finish()
        place = next(index for index in reversed(range(len(spans))) if spans[index].id == request)
        own = spans[place] = _counted(spans[place], recording.dropped)
        trace.first = min(trace.first or own, own, key=lambda span: (span.start_ns, -span.end_ns))
        trace.end_ns = max(trace.end_ns, own.end_ns)
        kept = trace.spans + spans
        trace.spans = kept[-_SPANS:]  # a span ends after those within it: the request's own is the last
        trace.dropped += recording.dropped + len(kept) - len(trace.spans)
        for ship in self.ship:
            ship(spans)


def _counted(span: Span, dropped: int) -> Span:
    """Return a request's span with how many spans of the request there was no room for, which an exporter's collector learns nowhere else."""
    return replace(span, attributes={**span.attributes, _DROPPED: dropped}) if dropped else span


def parse_parent(header: str) -> Parent | None:
    """Return what a `traceparent` says (W3C Trace Context, section 3.2); None for one that is to be ignored."""
    match = _PARENT.fullmatch(header)
    if match is None or (match[1] == "00" and match[5]):
        return None
    return Parent(int(match[2], 16), int(match[3], 16), bool(int(match[4], 16) & _SAMPLED))
