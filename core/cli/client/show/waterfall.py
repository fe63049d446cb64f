"""A trace as a waterfall: one line a span, what is within another below it, with its place in time as a bar."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from core.cli.client.models import Span, Trace
from sdk.text import cleaned

_NAMES = 46
_TIMES = 22
_NARROWEST = 20
_COLOURS = {
    "storage": "green",
    "network": "blue",
    "runtime": "magenta",
    "volume": "yellow",
    "log": "yellow",
    "hook": "red",
    "kernel": "bright_black",
}
_REQUESTS = ("GET", "HEAD", "POST", "PUT", "DELETE")


def waterfall(trace: Trace, width: int) -> Iterator[Text]:
    """Yield the lines of a trace for a terminal that is so many columns wide."""
    if not trace.spans:
        return
    children: Mapping[str, list[Span]] = defaultdict(list)
    known = {span.id for span in trace.spans}
    for span in sorted(trace.spans, key=lambda span: (span.start, -span.end)):
        children[span.parent if span.parent in known else ""].append(span)
    began, took = trace.times
    room = max(width - _NAMES - _TIMES, _NARROWEST)
    yield Text(f"trace {trace.id}: {len(trace.spans)} spans in {duration(took)}", style="bold")
    yield Text(f"{'':{_NAMES}}{'after':>10}{'took':>10}", style="dim")
    for depth, span in _nested(children, "", 0):
        yield _line(span, depth, room, began, took)
        if span.error:
            yield Text(f"{'  ' * depth}  {cleaned(span.error)}", style="red")


def _nested(children: Mapping[str, Sequence[Span]], parent: str, depth: int) -> Iterator[tuple[int, Span]]:
    for span in children.get(parent, ()):
        yield depth, span
        yield from _nested(children, span.id, depth + 1)


def _line(span: Span, depth: int, room: int, began: int, took: int) -> Text:
    name = f"{'  ' * depth}{cleaned(_title(span))}"
    if len(name) > _NAMES - 1:
        name = f"{name[: _NAMES - 2]}…"
    line = Text(f"{name:{_NAMES}}{_milliseconds(span.start - began)}{_milliseconds(span.end - span.start)}  ")
    return line.append_text(Text(_bar(span, room, began, took), style=_colour(span)))


def _title(span: Span) -> str:
    """Return a span's name, with the driver that a call went to, or the answer to a request."""
    detail = span.attributes.get("core.driver.name") or span.attributes.get("core.plugin.name")
    if detail is None:
        detail = span.attributes.get("http.response.status_code")
    return f"{span.name} ({detail})" if detail is not None else span.name


def _bar(span: Span, room: int, began: int, took: int) -> str:
    start = (span.start - began) * room // max(took, 1)
    length = (span.end - span.start) * room // max(took, 1)
    return " " * min(start, room - 1) + ("█" * length or "▏")


def _colour(span: Span) -> str:
    if span.error:
        return "red"
    if span.name.split(" ")[0] in _REQUESTS:
        return "cyan"
    return _COLOURS.get(span.name.partition(".")[0], "white")


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:10.2f}"


def duration(nanoseconds: int) -> str:
    """Return a length of time: 12.3 ms, 4.56 s."""
    return f"{nanoseconds / 1e9:.2f} s" if nanoseconds >= 10**9 else f"{nanoseconds / 1e6:.1f} ms"
