"""What a step tells, whatever becomes of it."""

import asyncio

import pytest

from plugins.builder_dockerfile.progress import Step, Telling, vertex_of
from sdk.drivers.logs import StdStream
from sdk.engine.build_events import BuildEvent, Vertex, VertexLog, VertexStatus
from sdk.engine.images import Progress
from sdk.errors import BuildFailed, EngineError, NoSuchImage
from sdk.tracing import Recording
from sdk.tracing import Step as TracedStep

pytestmark = pytest.mark.anyio


async def told(failure: BaseException | None = None) -> list[BuildEvent]:
    """Run a step that ends so, and return what was told; the failure comes out again."""
    events: list[BuildEvent] = []
    if failure is None:
        async with Telling(events.append).step(Vertex("d", "step")):
            pass
        return events
    with pytest.raises(type(failure)) as raised:
        async with Telling(events.append).step(Vertex("d", "step")):
            raise failure
    assert raised.value is failure
    return events


async def test_a_step_begins_and_ends() -> None:
    events = await told()
    assert [isinstance(event, Vertex) for event in events] == [True, True]
    begun, ended = (event for event in events if isinstance(event, Vertex))
    assert begun.started_ns
    assert (begun.completed_ns, begun.error) == (0, "")
    assert ended.completed_ns >= begun.started_ns
    assert ended.error == ""


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (EngineError("broken"), "broken"),
        (NoSuchImage("x"), NoSuchImage("x").message),
        (asyncio.CancelledError(), "context canceled"),
        (ValueError("odd"), "odd"),
        (ValueError(), "ValueError"),
    ],
)
async def test_a_step_that_fails_is_told_as_failed_and_the_failure_goes_on(failure: BaseException, error: str) -> None:
    last = (await told(failure))[-1]
    assert isinstance(last, Vertex)
    assert (last.error, bool(last.completed_ns)) == (error, True)


async def test_a_builds_failure_names_the_step_that_failed_first() -> None:
    failure = BuildFailed("x")
    await told(failure)
    assert failure.vertex == "d"
    other = BuildFailed("x")
    other.vertex = "inner"
    await told(other)
    assert other.vertex == "inner"


async def test_a_change_keeps_what_it_does_not_name() -> None:
    events: list[BuildEvent] = []
    step = Step(Telling(events.append), Vertex("d", "step", cached=True, result="r"))
    step.change(container_id="c")
    step.change(cached=False, triggers=2)
    step.change(completed_ns=5, removed_id="c")
    last = events[-1]
    assert isinstance(last, Vertex)
    assert (last.cached, last.result, last.container_id, last.removed_id, last.triggers, last.completed_ns) == (
        False,
        "r",
        "c",
        "c",
        2,
        5,
    )


async def test_output_and_pulls_belong_to_their_step() -> None:
    events: list[BuildEvent] = []
    step = Step(Telling(events.append), Vertex("d", "step", started_ns=7))
    step.log(StdStream.STDERR, b"\xff")
    step.progress(Progress(id="layer", status="Downloading", current=1, total=2))
    step.progress(Progress(status="Pulling"))
    log, layer, whole = events
    assert isinstance(log, VertexLog)
    assert (log.vertex, log.stream, log.data) == ("d", StdStream.STDERR, b"\xff")
    assert isinstance(layer, VertexStatus)
    assert (layer.name, layer.current, layer.total, layer.started_ns) == ("layer: Downloading", 1, 2, 7)
    assert isinstance(whole, VertexStatus)
    assert whole.name == "Pulling"


def test_vertices_differ_by_each_of_their_parts() -> None:
    assert vertex_of("a", "b") == vertex_of("a", "b")
    assert len({vertex_of("a"), vertex_of("a", ""), vertex_of("a", "b"), vertex_of("ab"), vertex_of("a", "b", "c")}) == 5


async def test_a_step_is_one_of_a_trace_by_the_name_that_clients_see() -> None:
    recording = Recording(1, 10)
    with TracedStep(recording, 0, "request", {}):
        await told()
        await told(ValueError("odd"))
    assert [(span.name, span.error) for span in recording.spans] == [("step", ""), ("step", "ValueError: odd"), ("request", "")]


@pytest.mark.parametrize(
    ("name", "instruction", "traced"),
    [
        ("[build 2/3] RUN make", "RUN make", "[build 2/3] RUN make"),
        ("", "RUN make", "RUN make"),
        ("", "", "build step"),
        ("", "ENV TOKEN=secret", "ENV TOKEN"),
        ("", "ENV TOKEN secret words", "ENV TOKEN"),
        ("", "env A=secret B=secret", "env A"),
        ("", 'ENV "secret"=secret', "ENV"),
        ("", "ENV\tTOKEN=a\\\nsecret", "ENV\tTOKEN"),
        ("[stage-0] ENV TOKEN=secret", "ENV TOKEN=secret", "[stage-0] ENV TOKEN"),
        ("[stage-0] ARG TOKEN=secret", "ARG TOKEN=secret", "[stage-0] ARG TOKEN"),
        ("[stage-0] ONBUILD ENV TOKEN=secret", "", "[stage-0] ONBUILD ENV TOKEN"),
        ("[2/2] RUN <<EOF\nTOKEN=secret\nEOF", "", "[2/2] RUN <<EOF"),
        ("[2/2] RUN ENV=a ./x", "", "[2/2] RUN ENV=a ./x"),
        ("[internal] load .dockerignore", "", "[internal] load .dockerignore"),
    ],
)
async def test_a_step_of_a_trace_has_no_values_of_variables(name: str, instruction: str, traced: str) -> None:
    recording = Recording(1, 10)
    with TracedStep(recording, 0, "request", {}):
        async with Telling(lambda _event: None).step(Vertex("d", name, instruction=instruction)):
            pass
    assert recording.spans[0].name == traced
