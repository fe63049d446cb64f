"""One step of a classic build: found in the cache, or made, and kept as an image."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from plugins.builder_dockerfile.building import Building, key_of
from plugins.builder_dockerfile.classic.words import without_process
from plugins.builder_dockerfile.finishing import image_config
from plugins.builder_dockerfile.progress import Step
from plugins.builder_dockerfile.state import StageState
from sdk.builder import BaseImage, CachedStep, NewImage, NewStep, Stack, StepProcess
from sdk.oci.image import History

Make = Callable[[], Awaitable[Stack]]


@dataclass(frozen=True, slots=True)
class NewClassicStep:
    """A step on a state whose configuration has changed already. `parts` are what besides the image below makes a difference,
    `created_by` is its line in the history, `make` returns the layers afterwards."""

    parts: tuple[object, ...]
    created_by: str
    make: Make


class Steps:
    """The steps of one build. The cache is the images: a step is known while the image that it made is here."""

    def __init__(self, building: Building) -> None:
        self._building = building

    async def take(self, step: Step, state: StageState, new: NewClassicStep, *, anew: bool) -> StageState:
        """Return the state after a step."""
        key = key_of("classic", (), state.parent_image, *new.parts)
        known = None if anew else await self._known(key, state, new.created_by)
        if known is not None:
            step.change(cached=True)
            return replace(state, stack=known.stack, history=known.config.history, parent_image=known.id)
        stack = await new.make()
        entry = History(created=self._building.created(), created_by=new.created_by, empty_layer=stack == state.stack)
        image = await self._keep(state, stack, entry)
        await self._building.host.cache.put(key, NewStep(CachedStep(stack, image=image.id), new.created_by))
        return replace(state, stack=stack, history=image.config.history, parent_image=image.id)

    async def configured(self, step: Step, state: StageState, changed: StageState, *, anew: bool) -> StageState:
        """Return the state after a step that changed the configuration alone; `changed` is what came out."""
        comment = changed.history[-1].created_by
        created_by = without_process(state, f" {comment}")

        async def make() -> Stack:
            await self._pass_through(step, state, changed, comment)
            return state.stack

        parts = ("configuration", created_by, changed.config, changed.author)
        return await self.take(step, replace(changed, history=state.history), NewClassicStep(parts, created_by, make), anew=anew)

    async def _pass_through(self, step: Step, state: StageState, changed: StageState, comment: str) -> None:
        """Make a container for the step, which finds out what no container can have, and is never started."""
        building = self._building
        below = building.host.known(state.parent_image)
        if below is None:
            return
        process = StepProcess(id="", args=(*state.shell, f"#(nop)  {comment}"), limits=building.request.limits)
        container = await building.host.container(below, changed.config, process)
        step.change(container_id=container.id)
        if building.request.remove or building.request.force_remove:
            await container.remove()
            step.change(removed_id=container.id)

    async def _keep(self, state: StageState, stack: Stack, entry: History) -> BaseImage:
        after = replace(state, stack=stack, history=(*state.history, entry))
        config = image_config(self._building, after, entry.created)
        return await self._building.host.keep(NewImage(stack=stack, config=config, parent=state.parent_image))

    async def _known(self, key: str, state: StageState, created_by: str) -> BaseImage | None:
        if self._building.request.cache_from_only:
            return await self._restored(state, created_by)
        cached = await self._building.host.cache.get(key)
        return self._building.host.known(cached.image) if cached else None

    async def _restored(self, state: StageState, created_by: str) -> BaseImage | None:
        """Return the image of a step as one of the images named as sources has it in its history."""
        for source in self._building.sources:
            history, steps = source.config.history, len(state.history)
            wanted = [*(entry.created_by for entry in state.history), created_by]
            layers = sum(not entry.empty_layer for entry in history[: steps + 1])
            if [entry.created_by for entry in history[: steps + 1]] == wanted and source.stack[: len(state.stack)] == state.stack:
                return await self._keep(state, source.stack[:layers], history[steps])
        return None
