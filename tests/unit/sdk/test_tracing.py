"""Steps of a request become spans of its trace, in tasks and threads too; without a trace they do nothing."""

import asyncio
from collections.abc import AsyncIterator

import anyio.to_thread
import msgspec
import pytest

from sdk.tracing import NOT_TRACED, Attributes, Recording, Span, Step, apart, is_traced, note, request, serving, step, traceparent

pytestmark = pytest.mark.anyio

TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736


def root(recording: Recording) -> Step:
    return Step(recording, 7, "request", {})


def by_name(recording: Recording) -> dict[str, Span]:
    return {span.name: span for span in recording.spans}


def test_without_a_trace_a_step_is_nothing() -> None:
    assert step("one") is NOT_TRACED
    assert not is_traced()
    assert traceparent() == ""
    note("one", 1, 2)
    with step("one") as span, apart():
        assert span is None
    assert request("one") is NOT_TRACED


async def test_steps_lie_within_each_other_across_tasks_and_threads() -> None:
    recording = Recording(TRACE, 10)

    def in_thread() -> None:
        with step("thread", {"size": 3}):
            note("noted", 11, 12, {"a": "b"})

    async def in_task() -> None:
        with step("task"):
            await anyio.to_thread.run_sync(in_thread)

    with root(recording):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(in_task)
    spans = by_name(recording)
    assert list(spans) == ["noted", "thread", "task", "request"]
    assert [spans[name].parent for name in spans] == [spans["thread"].id, spans["task"].id, spans["request"].id, 7]
    assert {span.trace for span in recording.spans} == {TRACE}
    assert spans["noted"] == Span(TRACE, spans["noted"].id, spans["thread"].id, "noted", 11, 12, {"a": "b"})
    assert spans["thread"].attributes == {"size": 3}
    assert spans["task"].start_ns <= spans["thread"].start_ns <= spans["thread"].end_ns <= spans["task"].end_ns
    assert not is_traced()


def test_what_is_raised_is_told_and_goes_on() -> None:
    recording = Recording(TRACE, 10)
    with pytest.raises(ValueError, match="no good"), root(recording), step("fails"):
        raise ValueError("no good")
    assert by_name(recording)["fails"].error == "ValueError: no good"
    with pytest.raises(ValueError), root(recording):  # noqa: PT011
        raise ValueError("x" * 5000)
    assert len(recording.spans[-1].error) == 1000


def test_work_begun_apart_belongs_to_no_trace_but_may_join_it() -> None:
    recording = Recording(TRACE, 10)
    with root(recording) as span:
        header = traceparent()
        with apart():
            assert not is_traced()
            assert step("later") is NOT_TRACED
        assert is_traced()
    assert header == f"00-{TRACE:032x}-{span.id:016x}-01"


def test_a_recording_is_bounded_and_takes_nothing_after_its_end() -> None:
    recording = Recording(TRACE, 2)
    with root(recording):
        for _ in range(3):
            note("one", 1, 2)
        assert (len(recording.spans), recording.dropped) == (2, 1)
    recording = Recording(TRACE, 10)
    recording.is_over = True
    with root(recording):
        note("late", 1, 2)
    assert (recording.spans, recording.dropped) == ([], 2)


def test_the_spans_that_end_last_are_kept_and_so_the_requests_own() -> None:
    recording = Recording(TRACE, 3)
    with root(recording), step("outer"):
        for number in range(5):
            with step(f"inner {number}"):
                pass
    assert [span.name for span in recording.spans] == ["inner 4", "outer", "request"]
    assert recording.dropped == 4


def test_a_finished_recording_gives_its_spans_away_and_holds_nothing() -> None:
    recording = Recording(TRACE, 10)
    with root(recording):
        note("one", 1, 2)
    assert [span.name for span in recording.finish()] == ["one", "request"]
    recording.add(Span(TRACE, 1, 0, "late", 1, 2, {}))
    assert (recording.spans, recording.dropped) == ([], 1)


def test_what_utf8_cannot_hold_is_shown_escaped() -> None:
    recording = Recording(TRACE, 10)
    with pytest.raises(ValueError, match="link"), root(recording), step("a\udcff", {"b\udcff": "c\udcff", "d": 1, "ü": "ö"}):
        raise ValueError("link /a\udcff")
    with root(recording):
        note("n\udcff", 1, 2, {"e": "\udcff"})
    failed, request, noted, _ = recording.spans
    assert (noted.name, noted.attributes) == (r"n\udcff", {"e": r"\udcff"})
    assert (failed.name, failed.attributes) == (r"a\udcff", {r"b\udcff": r"c\udcff", "d": 1, "ü": "ö"})
    assert (failed.error, request.error) == (r"ValueError: link /a\udcff",) * 2
    assert msgspec.json.decode(msgspec.json.encode(recording.spans), type=list[Span]) == recording.spans


def test_names_and_attributes_are_bounded() -> None:
    recording = Recording(TRACE, 10)
    with root(recording), step("n" * 5000, {"a": "v" * 5000}):
        note("\udcff" * 5000, 1, 2, {"k" * 5000: 1})
    noted, named, _request = recording.spans
    assert (len(noted.name), [len(name) for name in noted.attributes]) == (200, [1000])
    assert (named.name, named.attributes) == ("n" * 200, {"a": "v" * 1000})


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("GET https://me:secret@host/x: 404", "GET https://host/x: 404"),
        ("https://me:s@cret@host", "https://host"),
        ("ADD http://secret@h/a ftp://me:secret@h/b", "ADD http://h/a ftp://h/b"),
        ("at 'https://h/x?sig=secret&a=secret': gone", "at 'https://h/x?...': gone"),
        ("https://h/a@b what? a=b", "https://h/a@b what? a=b"),
        ("/a?b=c me@host", "/a?b=c me@host"),
    ],
)
def test_credentials_in_urls_are_not_kept(said: str, kept: str) -> None:
    recording = Recording(TRACE, 10)
    with pytest.raises(OSError, match="E"), root(recording), step(said, {"url.full": said}):
        raise OSError(f"E {said}")
    failed = recording.spans[0]
    assert (failed.name, failed.attributes, failed.error) == (kept, {"url.full": kept}, f"OSError: E {kept}")


def test_a_url_that_is_cut_shows_no_part_of_a_password() -> None:
    recording = Recording(TRACE, 10)
    with root(recording):
        note("x" * 180 + " https://user:" + "secret" * 20 + "@host/", 1, 2)
    assert recording.spans[0].name == ("x" * 180 + " https://host/")[:200]


def test_an_attribute_of_a_plugin_that_is_no_text_fails_nothing() -> None:
    recording = Recording(TRACE, 10)
    odd: Attributes = msgspec.convert({"a": 1.5, "b": None}, object)  # type: ignore[assignment] # what an untyped plugin gives
    with root(recording), step("odd", odd):
        pass
    assert by_name(recording)["odd"].attributes == {"a": "1.5", "b": "None"}


async def test_a_generator_closed_by_another_task_ends_its_step() -> None:
    recording = Recording(TRACE, 10)

    async def numbers() -> AsyncIterator[int]:
        with step("generator"):
            yield 1

    async def first() -> AsyncIterator[int]:
        with root(recording):
            generator = numbers()
            assert await anext(generator) == 1
            return generator

    generator = await asyncio.create_task(first())
    await asyncio.create_task(generator.aclose())  # type: ignore[attr-defined]
    assert by_name(recording)["generator"].error == ""


def test_a_frontend_of_another_protocol_asks_the_daemons_tracer() -> None:
    asked = []

    class Tracer:
        def request(self, *what: object) -> Step:
            asked.append(what)
            return root(Recording(TRACE, 1))

    token = serving.set(Tracer())
    try:
        with request("Control/Solve", "00-1", {"a": 1}) as span:
            assert span is not None
    finally:
        serving.reset(token)
    assert asked == [("Control/Solve", "00-1", {"a": 1})]
