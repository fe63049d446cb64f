"""What a build tells, as the lines that the classic builder's clients parse: one instruction after the other."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from plugins.api_docker.models.builds import BuildLine, ErrorDetail
from sdk.drivers.logs import StdStream
from sdk.engine.build_events import BuildEvent, BuildResult, BuildWarning, Vertex, VertexLog, VertexStatus
from sdk.errors import EngineError

_PROCESS = re.compile(r'process "(.*)" did not complete successfully: exit code: (\d+)', re.DOTALL)
_SHORT = 12


@dataclass(slots=True)
class _Step:
    """What is known of an instruction and of the triggers it runs, and what was said of it while earlier ones were not done."""

    vertex: Vertex | None = None
    triggers: dict[str, Vertex] = field(default_factory=dict)
    waiting: list[BuildLine] = field(default_factory=list)


class ClassicOutput:
    """Turns events into lines. Steps run in parallel, but are shown in the Dockerfile's order. `quiet` leaves only the image's ID."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._steps: defaultdict[int, _Step] = defaultdict(_Step)
        self._numbers: dict[str, int] = {}
        self._current = 1

    def lines(self, event: BuildEvent) -> Iterator[BuildLine]:
        """Yield what is to be shown now."""
        if isinstance(event, BuildResult):
            yield from self._result(event)
        elif not self._quiet:
            yield from self._shown(event)

    def failure(self, error: EngineError) -> Iterator[BuildLine]:
        """Yield what was said of the step that failed, and the error."""
        if not self._quiet:
            for number in sorted(self._steps):
                step = self._steps[number]
                if number == self._current or (step.vertex and step.vertex.error):
                    yield from self._flush(step)
        message, code = error_text(error)
        yield BuildLine(error_detail=ErrorDetail(message, code), error=message)

    def _shown(self, event: BuildEvent) -> Iterator[BuildLine]:
        if isinstance(event, BuildWarning):
            yield BuildLine(stream=f"[Warning] {event.short}\n")
            return
        number = self._note(event)
        if not number:
            return
        if number == self._current:
            yield from self._flush(self._steps[number])
        yield from self._advance()

    def _note(self, event: BuildEvent) -> int:
        """Keep an event's lines with its step, and return the step's number; 0 for internal work."""
        if isinstance(event, Vertex):
            number = event.step or self._numbers.get(event.trigger_of, 0)
            if number:
                self._numbers[event.digest] = number
                self._change(self._steps[number], event)
            return number
        if not isinstance(event, (VertexLog, VertexStatus)):
            return 0
        number = self._numbers.get(event.vertex, 0)
        line = BuildLine(stream=_coloured(event)) if isinstance(event, VertexLog) else BuildLine(status=event.name)
        self._steps[number].waiting.append(line)
        return number

    def _change(self, step: _Step, vertex: Vertex) -> None:
        if vertex.trigger_of:
            before = step.triggers.get(vertex.digest)
            step.triggers[vertex.digest] = vertex
        else:
            before, step.vertex = step.vertex, vertex
        step.waiting += [BuildLine(stream=text) for text in _news(vertex, before)]

    def _flush(self, step: _Step) -> Iterator[BuildLine]:
        waiting, step.waiting = step.waiting, []
        yield from waiting

    def _advance(self) -> Iterator[BuildLine]:
        """Go on to the next step for as long as the present one is done. The last one's result is told with the image."""
        while (vertex := self._steps[self._current].vertex) and vertex.completed_ns and not vertex.error:
            yield from self._flush(self._steps[self._current])
            if self._current < vertex.steps and vertex.result:
                yield BuildLine(stream=f" ---> {_short(vertex.result)}\n")
                if vertex.ends_stage:
                    yield BuildLine(aux={"ID": vertex.result})
            self._current += 1
            yield from self._flush(self._steps[self._current])

    def _result(self, result: BuildResult) -> Iterator[BuildLine]:
        short = _short(result.image_id)
        if self._quiet:
            yield BuildLine(stream=f"{result.image_id}\n")
            yield BuildLine(aux={"ID": result.image_id})
            return
        yield BuildLine(stream=f" ---> {short}\n")
        yield BuildLine(aux={"ID": result.image_id})
        yield BuildLine(stream=f"Successfully built {short}\n")
        for name in result.names:
            yield BuildLine(stream=f"Successfully tagged {name}\n")


def _news(vertex: Vertex, before: Vertex | None) -> Iterator[str]:
    """Yield what is to be said of a step, or a trigger, that changed."""
    if before is None and vertex.step:
        yield f"Step {vertex.step}/{vertex.steps} : {vertex.instruction}\n"
    if vertex.triggers and not (before and before.triggers):
        yield f"# Executing {vertex.triggers} build trigger{'s' if vertex.triggers > 1 else ''}\n"
    if vertex.container_id and not (before and before.container_id):
        yield f" ---> Running in {vertex.container_id[:_SHORT]}\n"
    if vertex.cached and not (before and before.cached) and vertex.instruction.partition(" ")[0].upper() != "FROM":
        yield " ---> Using cache\n"
    if vertex.removed_id and not (before and before.removed_id):
        yield f" ---> Removed intermediate container {vertex.removed_id[:_SHORT]}\n"


def error_text(error: EngineError) -> tuple[str, int]:
    """Return an error in the classic builder's words, and the exit code of a process that failed."""
    match = _PROCESS.search(error.message)
    if match is None:
        return error.message, 0
    return f"The command '{match[1]}' returned a non-zero code: {match[2]}", int(match[2])


def _coloured(log: VertexLog) -> str:
    """Return a process' output, what it said on its standard error in red: clients have no other way to tell."""
    text = log.data.decode(errors="replace")
    return f"\x1b[91m{text}\x1b[0m" if log.stream is StdStream.STDERR else text


def _short(result: str) -> str:
    return result.partition(":")[2][:_SHORT]
