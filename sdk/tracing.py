"""Traces: what the daemon did for a request, as spans of time, one within the other.

A request is traced when its client asks for it (the header `traceparent` of W3C Trace Context), or when an exporter ships traces. Code says
what it does with `step`, which costs a fifth of a microsecond where nothing is traced. What runs in tasks and threads that a request starts
belongs to its trace, as context variables go along; work that outlives the request is begun `apart`.
"""

import re
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, Token
from random import getrandbits
from types import MappingProxyType, TracebackType
from typing import Protocol

import msgspec

Attributes = Mapping[str, str | int]
"""What is known of a span, by the names of OpenTelemetry's semantic conventions where these have one."""

_NONE: Attributes = MappingProxyType({})
_LONGEST = 1000
"""Characters of an error and of an attribute that are kept."""
_LONGEST_NAME = 200
"""Characters of a name that are kept."""
_USER = re.compile(r"://[^\s/?#]*@")
_QUERY = re.compile(r"\?[^\s\"'&=?]+=[^\s\"']*")


class Span(msgspec.Struct, frozen=True, gc=False):
    """A piece of work. `trace`, `id` and `parent` are the IDs of W3C Trace Context as numbers, of 128 bits for the trace and 64 for spans;
    `parent` is 0 for none.

    Times are nanoseconds since 1970. `error` is "" for work that succeeded. Texts are Unicode that UTF-8 can hold, of at most 200 characters for
    the name, and 1,000 for the error and each attribute. URLs in them have no user, password and query: these may be credentials.
    """

    trace: int
    id: int
    parent: int
    name: str
    start_ns: int
    end_ns: int
    attributes: Attributes
    error: str = ""


class Recording:
    """The spans of one request while it is served: the last `limit` to end; how many more there were is counted in `dropped`.

    A span ends after those within it, so the spans that are kept are whole branches up to the request's own.
    """

    __slots__ = ("_kept", "dropped", "is_over", "trace")

    def __init__(self, trace: int, limit: int) -> None:
        self.trace = trace
        self._kept: deque[Span] = deque(maxlen=limit)
        self.dropped = 0
        self.is_over = False

    @property
    def spans(self) -> list[Span]:
        """The spans that are kept, in the order in which they ended."""
        return list(self._kept)

    def add(self, span: Span) -> None:
        """Take a span that has ended. What ends after the request is left out."""
        if self.is_over:
            self.dropped += 1
            return
        self.dropped += len(self._kept) == self._kept.maxlen
        self._kept.append(span)

    def finish(self) -> list[Span]:
        """Take no more spans, and give those there are away: work that outlives the request may hold the recording for as long as it runs."""
        self.is_over = True
        spans = self.spans
        self._kept.clear()
        return spans


class Step(msgspec.Struct):
    """A span under way. Its `name` may be changed until it ends, and its `attributes` added to. `id` and `start`, in nanoseconds since 1970, are set
    when it begins; `parent` is the ID of what it is part of."""

    recording: Recording
    parent: int
    name: str
    attributes: Attributes
    id: int = 0
    start: int = 0
    _token: "Token[Step | None] | None" = None

    def __enter__(self) -> "Step":
        self.id = getrandbits(64) or 1
        self._token = _current.set(self)
        self.start = time.time_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        end = time.time_ns()
        assert self._token is not None
        try:  # noqa: SIM105 - suppress() would take half as long as the rest
            _current.reset(self._token)
        except ValueError:  # a generator that is closed by another task than the one which began it
            pass
        said = "" if error is None else _words(error)
        recording = self.recording
        name, attributes = _text(self.name, _LONGEST_NAME), _whole(self.attributes)
        recording.add(Span(recording.trace, self.id, self.parent, name, self.start, end, attributes, said))


def _words(error: BaseException) -> str:
    return "" if isinstance(error, GeneratorExit) else _text(f"{type(error).__name__}: {error}", _LONGEST)


def _whole(attributes: Attributes) -> Attributes:
    """Return attributes of which JSON can hold each: the same ones, unless they must be changed."""
    for name, value in attributes.items():  # written out, as it is done for every span
        if not (isinstance(name, str) and name.isascii() and len(name) <= _LONGEST):
            break
        if not isinstance(value, int) and not (
            isinstance(value, str) and value.isascii() and len(value) <= _LONGEST and "://" not in value
        ):
            break
    else:
        return attributes
    return {
        _text(name, _LONGEST): value if isinstance(value, int) else _text(value, _LONGEST) for name, value in attributes.items()
    }


def _text(text: object, longest: int) -> str:
    """Return the beginning of a text. A file's name that is no UTF-8 has surrogates, which UTF-8 cannot hold: they are shown escaped."""
    whole = text if isinstance(text, str) else str(text)  # a plugin may give anything
    if "://" in whole:
        whole = _QUERY.sub("?...", _USER.sub("://", whole[: 4 * longest]))
    cut = whole[:longest]
    return cut if cut.isascii() else cut.encode(errors="backslashreplace").decode()[:longest]


class _Nothing:
    """What stands for a step where nothing is traced."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        return None


NOT_TRACED: AbstractContextManager[Step | None] = _Nothing()
"""What a request is served in that is not traced."""

_current: ContextVar[Step | None] = ContextVar("core_span", default=None)


class Tracer(Protocol):
    """Who decides which requests are traced, and gets their spans."""

    def request(self, name: str, traceparent: str, attributes: Attributes) -> AbstractContextManager[Step | None]:
        """Return what a request is served in: its first span, or None if it is not traced."""


serving: ContextVar[Tracer | None] = ContextVar("core_tracer", default=None)
"""The daemon's tracer, for all that its listeners accept."""


def step(name: str, attributes: Attributes = _NONE) -> AbstractContextManager[Step | None]:
    """Return a block whose time becomes a span of the request being served; it does nothing where no request is traced.

    What is raised in it is the span's error, and goes on. A generator must not yield from within, but for that of a context manager.
    """
    within = _current.get()
    return NOT_TRACED if within is None else Step(within.recording, within.id, name, attributes)


def is_traced() -> bool:
    """Tell whether what runs now belongs to a trace, where a step is worth words that must be made first."""
    return _current.get() is not None


def traceparent() -> str:
    """Return the header by which other work joins the trace, as a child of what runs now (W3C Trace Context, section 3.2); "" without one."""
    within = _current.get()
    return "" if within is None else f"00-{within.recording.trace:032x}-{within.id:016x}-01"


def note(name: str, start_ns: int, end_ns: int, attributes: Attributes = _NONE) -> None:
    """Add a step that has ended, and whose times were learned otherwise. Does nothing where no request is traced."""
    within = _current.get()
    if within is not None:
        recording = within.recording
        made = Span(
            recording.trace, getrandbits(64) or 1, within.id, _text(name, _LONGEST_NAME), start_ns, end_ns, _whole(attributes)
        )
        recording.add(made)


def apart() -> AbstractContextManager[object]:
    """Begin work in this block that outlives the request: it belongs to no trace."""
    return NOT_TRACED if _current.get() is None else _apart()


@contextmanager
def _apart() -> Iterator[None]:
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def request(name: str, traceparent: str = "", attributes: Attributes = _NONE) -> AbstractContextManager[Step | None]:
    """Return what a frontend serves a request in that came otherwise than by HTTP/1, such as a call of gRPC. `traceparent` is its header."""
    tracer = serving.get()
    return NOT_TRACED if tracer is None else tracer.request(name, traceparent, attributes)
