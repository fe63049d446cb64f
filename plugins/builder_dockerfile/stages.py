"""Stages, each in a task of its own, that wait for the stages they are made from or copy from."""

from dataclasses import dataclass, field, replace

import anyio
from anyio.abc import TaskGroup
from msgspec.structs import replace as with_fields

from plugins.builder_dockerfile.building import Building, LayerStep, key_of
from plugins.builder_dockerfile.instructions.arguments import apply_arg
from plugins.builder_dockerfile.instructions.copying import copy_files
from plugins.builder_dockerfile.instructions.metadata import Expander, apply_metadata, configured, working_directory
from plugins.builder_dockerfile.instructions.origins import Earlier
from plugins.builder_dockerfile.instructions.running import run_command
from plugins.builder_dockerfile.instructions.workdir import directory_maker
from plugins.builder_dockerfile.language.errors import DockerfileError, located
from plugins.builder_dockerfile.language.instructions import Arg, Copy, Instruction, Run, Workdir
from plugins.builder_dockerfile.language.reading import read_trigger
from plugins.builder_dockerfile.plan import SCRATCH
from plugins.builder_dockerfile.progress import Step, vertex_of
from plugins.builder_dockerfile.stage_graph import Stage
from plugins.builder_dockerfile.state import PROXIES, StageState, based_on, grown, with_path
from plugins.builder_dockerfile.trouble import plain_words
from sdk.builder import CachedStep, Stack
from sdk.engine.build_events import Vertex
from sdk.errors import BuildFailed
from sdk.oci.image import ExecutionConfig

_SHOWN = (Run, Copy, Workdir)
"""What progress displays show as steps, beside FROM."""


@dataclass(slots=True)
class _Slot:
    done: anyio.Event = field(default_factory=anyio.Event)
    state: StageState | None = None
    vertex: str = ""


class Stages:
    """All stages of one build; each is made once, when it is asked for."""

    def __init__(self, building: Building, tasks: TaskGroup) -> None:
        self._building = building
        self._tasks = tasks
        self._slots: dict[int, _Slot] = {}

    def start(self, index: int) -> None:
        """Begin to make a stage, unless that was done."""
        if index not in self._slots:
            self._slots[index] = _Slot()
            self._tasks.start_soon(self._make, index)

    async def state(self, index: int) -> StageState:
        """Wait for a stage and return how it ended."""
        self.start(index)
        slot = self._slots[index]
        await slot.done.wait()
        assert slot.state is not None
        return slot.state

    async def stack(self, index: int) -> Stack:
        """Wait for a stage and return its layers."""
        return (await self.state(index)).stack

    def states(self) -> list[StageState]:
        """Return how the stages that are made ended."""
        return [slot.state for slot in self._slots.values() if slot.state is not None]

    async def _make(self, index: int) -> None:
        slot = self._slots[index]
        slot.state = await _StageRun(self._building, self, self._building.plan.stages[index]).run()
        slot.done.set()


class _StageRun:
    """One stage being made."""

    def __init__(self, building: Building, stages: Stages, stage: Stage) -> None:
        self._building = building
        self._stages = stages
        self._stage = stage
        self._earlier = Earlier(stage.index, stages.stack)
        self._number = 1
        self._total = 1 + sum(isinstance(each.body, _SHOWN) for each in stage.instructions)
        request = building.request
        self._anew = request.no_cache or stage.name in request.no_cache_stages or str(stage.index) in request.no_cache_stages
        self._above = ""
        self._inherited: ExecutionConfig | None = None

    async def run(self) -> StageState:
        state = await self._from()
        triggers, state = state.config.on_build, replace(state, config=with_fields(state.config, on_build=()))
        for text in triggers:
            trigger = replace(read_trigger(text, self._building.plan.escape), line=self._stage.start.line)
            state = await self._instruction(trigger, state, step=0)
        for instruction in self._stage.instructions:
            state = await self._instruction(instruction, state, step=self._building.plan.steps.get(instruction.line, 0))
        return state

    async def _from(self) -> StageState:
        stage = self._stage
        if stage.base is not None:
            base = await self._stages.state(stage.base)
            async with self._building.telling.step(self._vertex(stage.start, f"FROM {stage.image}")) as step:
                step.change(cached=True, result=self._result(base))
            return replace(base, has_cmd=False)
        async with self._building.telling.step(self._vertex(stage.start, f"FROM {stage.image}")) as step:
            state = with_path(StageState(proxies=self._proxies())) if stage.image == SCRATCH else await self._image(step)
            self._inherited = state.config
            step.change(result=self._result(state))
        return state

    async def _image(self, step: Step) -> StageState:
        request, stage = self._building.request, self._stage
        named = request.named_contexts.get(stage.image)
        if named is not None and named.directory is not None:
            raise BuildFailed(f"context {stage.image} is a directory: FROM needs an image")
        image = await self._building.host.image(
            named.image if named else stage.image,
            stage.platform or request.platform,
            pull=request.pull,
            credentials=request.credentials,
            report=step.progress,
        )
        return based_on(image, self._proxies())

    def _proxies(self) -> dict[str, str]:
        return {name: value for name, value in self._building.arguments.items() if name in PROXIES}

    async def _instruction(self, instruction: Instruction, state: StageState, *, step: int) -> StageState:
        shown = isinstance(instruction.body, _SHOWN)
        self._number += shown
        vertex = self._vertex(instruction, instruction.text if shown else "", step)
        try:
            async with self._building.telling.step(vertex) as running:
                state = await self._applied(instruction, state, running)
                running.change(result=self._result(state))
        except BuildFailed as error:
            error.file, error.line = error.file or self._building.file, error.line or instruction.line
            raise
        self._above = vertex.digest
        return state

    async def _applied(self, instruction: Instruction, state: StageState, step: Step) -> StageState:
        try:
            with plain_words(instruction.keyword):
                return await self._apply(instruction, state, step)
        except DockerfileError as error:
            raise located(error, instruction.line, self._building.file) from error

    async def _apply(self, instruction: Instruction, state: StageState, step: Step) -> StageState:
        building, body = self._building, instruction.body
        expander = Expander(state, building.plan.escape)
        changed = apply_metadata(body, state, expander)
        if changed is None and isinstance(body, Arg):
            changed = apply_arg(building, body, state, expander)
        if changed is not None:
            building.configured(step, changed, anew=self._anew)
            return changed
        match body:
            case Workdir():
                return await self._workdir(expander.word(body.path), state, step)
            case Run():
                return await run_command(building, body, state, self._earlier, step, anew=self._anew)
            case Copy():
                return await copy_files(building, body, state, self._earlier, step, anew=self._anew)
        raise DockerfileError(f"{instruction.keyword} isn't allowed here")

    async def _workdir(self, text: str, state: StageState, step: Step) -> StageState:
        path, user = working_directory(state, text), state.config.user
        key = key_of("workdir", state.stack, path, user)

        made: CachedStep = await self._building.layer(
            step, LayerStep(key, state.stack, f"WORKDIR {path}", state.key, self._anew), directory_maker(path, user)
        )
        state = replace(state, config=with_fields(state.config, working_dir=path))
        if made.stack == state.stack:
            return configured(state, state.config, f"WORKDIR {text}")
        return grown(state, made, key, f"WORKDIR {text}")

    def _vertex(self, instruction: Instruction, text: str, step: int | None = None) -> Vertex:
        stage, plan = self._stage, self._building.plan
        title = f"{stage.name} " if stage.name else f"stage-{stage.index} " if len(plan.stages) > 1 else ""
        digest = vertex_of(str(stage.index), str(instruction.line), instruction.text)
        inputs = (self._above,) if self._above else ()
        self._above = self._above or digest
        return Vertex(
            digest=digest,
            name=f"[{title}{self._number}/{self._total}] {text}" if text else "",
            inputs=inputs,
            step=plan.steps.get(instruction.line, 0) if step is None else step,
            steps=len(plan.steps),
            instruction=instruction.text,
        )

    def _result(self, state: StageState) -> str:
        if state.parent_image and not state.key and state.config == self._inherited:
            return state.parent_image
        return key_of("state", state.stack, state.config, state.author)
