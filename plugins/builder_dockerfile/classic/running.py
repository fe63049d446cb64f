"""RUN of a classic build, in a container that clients see in the list."""

import anyio

from plugins.builder_dockerfile.building import Building
from plugins.builder_dockerfile.instructions.running import RunJob, process_of, run_failed, run_in
from plugins.builder_dockerfile.progress import Step
from plugins.builder_dockerfile.state import StageState
from sdk.builder import BaseImage, Stack, StepContainer
from sdk.errors import StartFailed
from sdk.oci.digest import Digest


async def run_classic(building: Building, job: RunJob, state: StageState, step: Step) -> Stack:
    """Run a job and return the layers afterwards. Mounts and nothing below it are no matter for a container: those run by themselves."""
    below = building.host.known(state.parent_image) if job.is_plain else None
    if below is not None:
        return _on(state.stack, await _in_container(building, job, state, below, step))
    async with building.host.workspace(state.stack) as workspace:
        await run_in(building, job, state, workspace, step)
        return _on(state.stack, await workspace.commit(newest=building.epoch))


def _on(stack: Stack, layer: Digest | None) -> Stack:
    return (*stack, layer) if layer else stack


async def _in_container(building: Building, job: RunJob, state: StageState, below: BaseImage, step: Step) -> Digest | None:
    request = building.request
    container = await building.host.container(below, state.config, process_of(building, job, state))
    step.change(container_id=container.id)
    goes = True  # what is cancelled leaves nothing
    try:
        await _run(container, job, step)
        layer = await container.commit(newest=building.epoch, keep=not (request.remove or request.force_remove))
        goes = request.remove or request.force_remove
    except Exception:
        goes = request.force_remove
        raise
    finally:
        if goes:
            with anyio.CancelScope(shield=True):
                await container.remove()
            step.change(removed_id=container.id)
    return layer


async def _run(container: StepContainer, job: RunJob, step: Step) -> None:
    try:
        code = await container.run(step.log)
    except StartFailed as error:
        raise run_failed(job.shown, error.message, error.exit_code) from error
    if code:
        raise run_failed(job.shown, f"exit code: {code}", code)
