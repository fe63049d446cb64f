"""What a build tells, as lines for the classic builder's clients."""

from dataclasses import replace

from plugins.api_docker.build_output import ClassicOutput
from sdk.drivers.logs import StdStream
from sdk.engine.build_events import BuildEvent, Vertex, VertexLog

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
BUSY = "c" * 64


def told(*events: BuildEvent) -> list[str]:
    output = ClassicOutput()
    lines = [line for event in events for line in output.lines(event)]
    return [line.stream or f"aux {line.aux['ID']}" for line in lines]


def test_triggers_are_told_within_their_from() -> None:
    start = Vertex("from", "", started_ns=1, step=1, steps=2, instruction="FROM x")
    trigger = Vertex("trigger", "", started_ns=2, instruction="RUN echo", trigger_of="from")
    run = replace(trigger, container_id=BUSY)
    assert told(
        start,
        replace(start, triggers=1),
        trigger,
        run,
        VertexLog("trigger", StdStream.STDOUT, b"said\n", 3),
        replace(run, removed_id=BUSY),
        replace(run, removed_id=BUSY, completed_ns=4, result=ONE),
        replace(start, triggers=1, completed_ns=5, result=ONE),
    ) == [
        "Step 1/2 : FROM x\n",
        "# Executing 1 build trigger\n",
        " ---> Running in cccccccccccc\n",
        "said\n",
        " ---> Removed intermediate container cccccccccccc\n",
        " ---> 111111111111\n",
    ]


def test_several_triggers_are_told_in_the_plural_and_from_the_cache() -> None:
    start = Vertex("from", "", started_ns=1, step=1, steps=1, instruction="FROM x", triggers=2)
    first = Vertex("trigger", "", started_ns=2, instruction="RUN echo", trigger_of="from", cached=True, completed_ns=3)
    assert told(start, first) == ["Step 1/1 : FROM x\n", "# Executing 2 build triggers\n", " ---> Using cache\n"]


def test_the_end_of_a_stage_tells_its_image() -> None:
    first = Vertex("a", "", started_ns=1, completed_ns=2, step=1, steps=2, instruction="FROM a", result=ONE, ends_stage=True)
    second = Vertex("b", "", started_ns=3, completed_ns=4, step=2, steps=2, instruction="FROM b", result=TWO, ends_stage=True)
    assert told(first, second) == ["Step 1/2 : FROM a\n", " ---> 111111111111\n", f"aux {ONE}", "Step 2/2 : FROM b\n"]
