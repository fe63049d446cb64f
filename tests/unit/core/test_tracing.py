"""Which requests are traced, and what is kept of them."""

from collections.abc import Sequence

import pytest

from core.tracing import Parent, Tracer, parse_parent
from sdk.tracing import NOT_TRACED, Span, note, step

TRACE, SPAN = 0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7
HEADER = f"00-{TRACE:032x}-{SPAN:016x}-01"


@pytest.mark.parametrize(
    ("header", "parent"),
    [
        (HEADER, Parent(TRACE, SPAN, is_sampled=True)),
        (f"{HEADER[:-2]}00", Parent(TRACE, SPAN, is_sampled=False)),
        (f"{HEADER[:-2]}03", Parent(TRACE, SPAN, is_sampled=True)),
        (f"cc{HEADER[2:]}-of-a-later-version", Parent(TRACE, SPAN, is_sampled=True)),
        ("", None),
        (f"{HEADER}-more", None),
        (f"ff{HEADER[2:]}", None),
        (HEADER.upper(), None),
        (f"00-{0:032x}-{SPAN:016x}-01", None),
        (f"00-{TRACE:032x}-{0:016x}-01", None),
        (f" {HEADER}", None),
    ],
)
def test_what_a_header_says(header: str, parent: Parent | None) -> None:
    assert parse_parent(header) == parent


def test_requests_are_traced_that_ask_for_it() -> None:
    tracer = Tracer()
    assert tracer.request("POST", "", {}) is NOT_TRACED
    assert tracer.request("POST", "nonsense", {}) is NOT_TRACED
    assert tracer.request("POST", f"{HEADER[:-2]}00", {}) is NOT_TRACED
    with tracer.request("POST", HEADER, {"a": 1}), step("within"):
        assert [trace.running for trace in tracer.traces()] == [1]
    trace = tracer.find(TRACE)
    assert trace is not None
    assert (trace.running, trace.dropped) == (0, 0)
    within, request = trace.spans
    assert (within.name, within.parent, request.parent, request.attributes) == ("within", request.id, SPAN, {"a": 1})


def test_all_are_traced_where_traces_are_shipped_but_those_that_say_no() -> None:
    shipped: list[Sequence[Span]] = []
    tracer = Tracer([shipped.append])
    for _ in range(2):
        with tracer.request("POST", "", {}):
            note("one", 1, 2)
    assert tracer.request("POST", f"{HEADER[:-2]}00", {}) is NOT_TRACED
    assert [[span.name for span in spans] for spans in shipped] == [["one", "POST"]] * 2
    assert len({spans[0].trace for spans in shipped}) == 2


def test_requests_of_one_trace_are_kept_together_and_so_many_traces() -> None:
    tracer = Tracer()
    for number in range(1, 41):
        with tracer.request("POST", f"00-{number:032x}-{SPAN:016x}-01", {}):
            pass
    with tracer.request("GET", f"00-{20:032x}-{SPAN:016x}-01", {}):
        pass
    assert [trace.id for trace in tracer.traces()] == [*range(9, 20), *range(21, 41), 20]
    found = tracer.find(20)
    assert found is not None
    assert [span.name for span in found.spans] == ["POST", "GET"]


def test_the_spans_of_a_trace_are_bounded_over_all_its_requests() -> None:
    tracer = Tracer()
    for number in (1500, 1500, 5):
        with tracer.request(f"of {number}", HEADER, {}):
            for _ in range(number):
                note("one", 1, 2)
    found = tracer.find(TRACE)
    assert found is not None
    assert (len(found.spans), found.dropped) == (2000, 1501 + 1501 + 6 - 2000)
    assert {span.name for span in found.spans} >= {"of 1500"}


def test_a_request_with_more_spans_than_are_kept_is_kept_itself() -> None:
    shipped: list[Sequence[Span]] = []
    tracer = Tracer([shipped.append])
    with tracer.request("POST", HEADER, {"a": 1}), step("outer"):
        for _ in range(2500):
            with step("inner"):
                pass
    found = tracer.find(TRACE)
    assert found is not None
    assert (len(found.spans), found.dropped) == (2000, 502)
    for spans in (found.spans, shipped[0]):
        assert [span.name for span in spans[-3:]] == ["inner", "outer", "POST"]
        parents = {span.parent for span in spans} - {span.id for span in spans}
        assert parents == {SPAN}, "each span's parent is kept, too"
        assert [span.attributes for span in spans[-2:]] == [{}, {"a": 1, "core.dropped_spans": 502}]


def test_a_later_request_of_a_full_trace_is_kept() -> None:
    tracer = Tracer()
    for name in ("first", "second"):
        with tracer.request(name, HEADER, {}):
            for _ in range(1999):
                note("one", 1, 2)
    found = tracer.find(TRACE)
    assert found is not None
    assert (len(found.spans), found.spans[-1].name, found.dropped) == (2000, "second", 2000)


def test_work_that_outlives_its_request_holds_no_spans() -> None:
    tracer = Tracer()
    with tracer.request("POST", HEADER, {}) as request, step("within"):
        pass
    assert request is not None
    assert request.recording.spans == []
