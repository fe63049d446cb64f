"""All stages of a classic build up to its target, one after the other, also those that no other needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from msgspec.structs import replace as with_fields

from plugins.builder_dockerfile.building import Building
from plugins.builder_dockerfile.classic.running import run_classic
from plugins.builder_dockerfile.classic.steps import NewClassicStep, Steps
from plugins.builder_dockerfile.classic.words import check_origin, copied, copy_failures, without_process
from plugins.builder_dockerfile.instructions.arguments import apply_arg
from plugins.builder_dockerfile.instructions.copying import is_linked, made_copy, prepared_copy
from plugins.builder_dockerfile.instructions.metadata import Expander, apply_metadata, working_directory
from plugins.builder_dockerfile.instructions.origins import Earlier
from plugins.builder_dockerfile.instructions.running import prepared_run, run_arguments
from plugins.builder_dockerfile.instructions.workdir import directory_maker
from plugins.builder_dockerfile.language.errors import DockerfileError, located
from plugins.builder_dockerfile.language.instructions import Arg, Copy, Instruction, Run, Workdir
from plugins.builder_dockerfile.language.reading import read_trigger
from plugins.builder_dockerfile.plan import SCRATCH
from plugins.builder_dockerfile.progress import Step, vertex_of
from plugins.builder_dockerfile.stage_graph import Stage
from plugins.builder_dockerfile.state import PROXIES, StageState, based_on, with_path
from plugins.builder_dockerfile.trouble import plain_words
from sdk.builder import Stack, Workspace
from sdk.engine.build_events import Vertex
from sdk.errors import BuildFailed


class ClassicStages:
    """The stages of one build, with their states as far as they are made."""

    def __init__(self, building: Building) -> None:
        self._building = building
        self._steps = Steps(building)
        self._states: list[StageState] = []

    async def run(self) -> StageState:
        """Make all stages and return the target's. Raises the first failure."""
        for stage in self._building.plan.stages[: self._building.plan.target + 1]:
            self._states.append(await self._stage(stage))
        if not self._states[-1].parent_image:
            raise BuildFailed("No image was generated. Is your Dockerfile empty?")
        return self._states[-1]

    async def stack(self, index: int) -> Stack:
        """Return the layers of a stage that stands before the one being made."""
        return self._states[index].stack

    async def _stage(self, stage: Stage) -> StageState:
        state, last = await self._from(stage), len(stage.instructions)
        for number, instruction in enumerate(stage.instructions, 1):
            vertex = replace(self._vertex(stage, instruction), ends_stage=number == last)
            state = await self._instruction(stage, instruction, state, vertex)
        return state

    async def _from(self, stage: Stage) -> StageState:
        vertex = replace(self._vertex(stage, stage.start), ends_stage=not stage.instructions)
        async with self._building.telling.step(vertex) as step:
            state = await self._base(stage, step)
            triggers = state.config.on_build
            if triggers:
                step.change(triggers=len(triggers))
                state = replace(state, config=with_fields(state.config, on_build=()))
            for number, text in enumerate(triggers):
                state = await self._trigger(stage, text, state, step.vertex, number)
            step.change(result=state.parent_image)
        return state

    async def _base(self, stage: Stage, step: Step) -> StageState:
        building = self._building
        proxies = {name: value for name, value in building.arguments.items() if name in PROXIES}
        if stage.base is not None:
            return replace(self._states[stage.base], arguments={}, has_cmd=False)
        if stage.image == SCRATCH:
            return with_path(StageState(proxies=proxies))
        request = building.request
        image = await building.host.image(
            stage.image,
            stage.platform or request.platform,
            pull=request.pull,
            credentials=request.credentials,
            report=step.progress,
        )
        return based_on(image, proxies)

    async def _trigger(self, stage: Stage, text: str, state: StageState, start: Vertex, number: int) -> StageState:
        trigger = replace(read_trigger(text, self._building.plan.escape), line=stage.start.line)
        digest = vertex_of("trigger", str(stage.index), str(number), text)
        return await self._instruction(stage, trigger, state, Vertex(digest, "", instruction=text, trigger_of=start.digest))

    async def _instruction(self, stage: Stage, instruction: Instruction, state: StageState, vertex: Vertex) -> StageState:
        async with self._located(instruction), self._building.telling.step(vertex) as step:
            state = await self._applied(stage, instruction, state, step)
            step.change(result=state.parent_image)
        return state

    @asynccontextmanager
    async def _located(self, instruction: Instruction) -> AsyncIterator[None]:
        try:
            with plain_words(instruction.keyword):
                yield
        except DockerfileError as error:
            raise located(error, instruction.line, self._building.file) from error
        except BuildFailed as error:
            error.file, error.line = error.file or self._building.file, error.line or instruction.line
            raise

    async def _applied(self, stage: Stage, instruction: Instruction, state: StageState, step: Step) -> StageState:
        body, expander = instruction.body, Expander(state, self._building.plan.escape)
        changed = (
            apply_arg(self._building, body, state, expander) if isinstance(body, Arg) else apply_metadata(body, state, expander)
        )
        if changed is not None:
            return await self._steps.configured(step, state, changed, anew=self._anew(stage))
        match body:
            case Workdir():
                return await self._workdir(stage, expander.word(body.path), state, step)
            case Run():
                return await self._run(stage, body, state, step)
            case Copy():
                return await self._copy(stage, body, state, expander.word(body.from_), step)
        raise DockerfileError(f"{instruction.keyword} isn't allowed here")

    async def _workdir(self, stage: Stage, text: str, state: StageState, step: Step) -> StageState:
        path = working_directory(state, text)
        created_by = without_process(state, f" WORKDIR {path}")

        async def make() -> Stack:
            async with self._building.host.workspace(state.stack) as workspace:
                await directory_maker(path, state.config.user)(workspace)
                return await self._committed(state, workspace)

        new = NewClassicStep(("workdir", created_by, state.config.user), created_by, make)
        changed = replace(state, config=with_fields(state.config, working_dir=path))
        return await self._steps.take(step, changed, new, anew=self._anew(stage))

    async def _run(self, stage: Stage, body: Run, state: StageState, step: Step) -> StageState:
        job = await prepared_run(self._building, body, state, Earlier(stage.index, self.stack), step)
        created_by = f"{run_arguments(state)}{job.shown}"

        async def make() -> Stack:
            return await run_classic(self._building, job, state, step)

        new = NewClassicStep(("run", created_by, job.args, job.inputs), created_by, make)
        return await self._steps.take(step, state, new, anew=self._anew(stage))

    async def _copy(self, stage: Stage, body: Copy, state: StageState, from_: str, step: Step) -> StageState:
        building = self._building
        check_origin(building.plan, from_, stage.index)
        async with copy_failures(body, from_), prepared_copy(building, body, state, Earlier(stage.index, self.stack), step) as job:

            async def make() -> Stack:
                if is_linked(job.body):
                    return (await made_copy(building, job, state, step, anew=self._anew(stage))).stack
                async with building.host.workspace(state.stack) as workspace:
                    await job.maker(building.host)(workspace)
                    return await self._committed(state, workspace)

            created_by = without_process(state, copied(job))
            new = NewClassicStep(("copy", job.target, job.digest, job.look), created_by, make)
            return await self._steps.take(step, state, new, anew=self._anew(stage))

    async def _committed(self, state: StageState, workspace: Workspace) -> Stack:
        layer = await workspace.commit(newest=self._building.epoch)
        return (*state.stack, layer) if layer else state.stack

    def _anew(self, stage: Stage) -> bool:
        stages = self._building.request.no_cache_stages
        return self._building.request.no_cache or stage.name in stages or str(stage.index) in stages

    def _vertex(self, stage: Stage, instruction: Instruction) -> Vertex:
        plan = self._building.plan
        return Vertex(
            digest=vertex_of(str(stage.index), str(instruction.line), instruction.text),
            name=f"[{stage.title}] {instruction.text}",
            step=plan.steps.get(instruction.line, 0),
            steps=len(plan.steps),
            instruction=instruction.text,
        )
