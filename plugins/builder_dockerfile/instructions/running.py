"""RUN."""

import posixpath
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import anyio.to_thread

from plugins.builder_dockerfile.building import Building, LayerStep, key_of
from plugins.builder_dockerfile.files.digest import tree_digest
from plugins.builder_dockerfile.files.tree import Tree
from plugins.builder_dockerfile.instructions.copy_sources import SourceMissing
from plugins.builder_dockerfile.instructions.metadata import command_words, working_directory
from plugins.builder_dockerfile.instructions.mounting import made_mounts
from plugins.builder_dockerfile.instructions.origins import Earlier, Origin, find_origin, opened
from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.instructions import Command, Run, StepMountFlag
from plugins.builder_dockerfile.language.statements import unicode_text
from plugins.builder_dockerfile.language.variables import expand
from plugins.builder_dockerfile.progress import Step
from plugins.builder_dockerfile.state import StageState, grown
from sdk.builder import StepMount, StepProcess, Workspace
from sdk.errors import BuildFailed, StartFailed

_PIPES = "/dev/pipes"
_NAMED_BY_ID = ("secret", "ssh")
"""Types of mounts whose place follows from what they are."""


@dataclass(frozen=True, slots=True)
class RunJob:
    """A RUN that is ready: its arguments, the files its heredocs bring, each mount with where it is from, and what of mounts and files
    makes a difference."""

    args: tuple[str, ...]
    shown: str
    files: tuple[StepMount, ...]
    mounts: tuple[tuple[StepMountFlag, Origin], ...]
    network: str
    inputs: tuple[object, ...]

    @property
    def is_plain(self) -> bool:
        """Whether it needs nothing but its arguments."""
        return not self.files and not self.mounts


async def prepared_run(building: Building, body: Run, state: StageState, earlier: Earlier, step: Step) -> RunJob:
    """Return a RUN that is ready to be made. Raises BuildFailed, DockerfileError."""
    mounts = [_expanded(mount, state, building.plan.escape) for mount in body.mounts]
    origins = [await find_origin(building, mount.from_, earlier, step) if _has_origin(mount) else Origin() for mount in mounts]
    args, shown, files = _command(body.command, state)
    placed = tuple(zip(mounts, origins, strict=True))
    network = body.network or building.request.network_mode
    inputs = ([each.content for each in files], await _mount_keys(building, placed))
    return RunJob(args, shown, files, placed, network, inputs)


async def run_command(building: Building, body: Run, state: StageState, earlier: Earlier, step: Step, *, anew: bool) -> StageState:
    """Return the state after a RUN. Raises BuildFailed with the exit code of a process that failed."""
    job = await prepared_run(building, body, state, earlier, step)
    contents, mounts = job.inputs
    key = key_of("run", state.stack, job.args, contents, sorted(_keyed_environment(state)),
                 state.config.user, state.config.working_dir, job.network, building.request.extra_hosts, mounts)  # fmt: skip

    async def make(workspace: Workspace) -> None:
        await run_in(building, job, state, workspace, step)

    made = await building.layer(step, LayerStep(key, state.stack, f"RUN {job.shown}", state.key, anew), make)
    return grown(state, made, key, f"RUN {run_arguments(state)}{job.shown} # buildkit")


def _has_origin(mount: StepMountFlag) -> bool:
    return mount.type == "bind" or (mount.type == "cache" and bool(mount.from_))


def _expanded(mount: StepMountFlag, state: StageState, escape: str) -> StepMountFlag:
    values = state.values
    return replace(
        mount,
        target=_target(mount, expand(mount.target, values, escape), state),
        source=expand(mount.source, values, escape),
        from_=expand(mount.from_, values, escape),
        id=expand(mount.id, values, escape),
    )


def _target(mount: StepMountFlag, target: str, state: StageState) -> str:
    """Return where a mount goes: directories, if nothing else is said, over the working directory. Raises DockerfileError."""
    if not target and mount.type in _NAMED_BY_ID:
        return ""
    path = working_directory(state, target)
    if path == "/":
        raise DockerfileError(f'invalid mount target "{path}"')
    return path


def _keyed_environment(state: StageState) -> tuple[str, ...]:
    """Return the variables that make a difference: proxies do not."""
    return tuple(f"{name}={value}" for name, value in {**state.arguments, **state.environment}.items())


def run_arguments(state: StageState) -> str:
    """Return the build arguments as a history shows them in front of a command."""
    environment = state.environment
    own = sorted(f"{name}={value}" for name, value in state.arguments.items() if name not in environment)
    return f"|{len(own)} {' '.join(own)} " if own else ""


def _command(command: Command, state: StageState) -> tuple[tuple[str, ...], str, tuple[StepMount, ...]]:
    """Return the arguments, how the command is shown, and files for it.

    A heredoc alone is the script: run by the shell, or by what its first line names. An empty command is a shell that is told nothing.
    """
    if not command.heredocs:
        args = command_words(command, state)
        return args or state.shell[:1], " ".join(args), ()
    first, *others = command.heredocs
    alone = not others and command.words[0].lstrip("0123456789<-").strip("'\" ") == first.name
    if alone and first.content.startswith("#!"):
        place = f"{_PIPES}/{first.name}"
        script = first.content.encode("utf-8", "surrogateescape")
        return (place,), f"{place}", (StepMount(place, readonly=True, content=script, mode=0o755),)
    bodies = unicode_text("".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in command.heredocs))
    text = unicode_text(first.content) if alone else command.words[0] + bodies + "\n"
    return (*state.shell, text), " ".join((*state.shell, command.words[0] + bodies)), ()


async def _mount_keys(building: Building, mounts: Sequence[tuple[StepMountFlag, Origin]]) -> list[object]:
    """Return what of the mounts makes a difference: what bind mounts show, and how all are placed; never what a cache holds."""
    keys: list[object] = []
    for mount, origin in mounts:
        keys.append(replace(mount, from_=""))
        if mount.type != "bind":
            continue
        if origin.stack is not None:
            keys.append(origin.stack)
            continue
        async with opened(building, origin) as tree:
            keys.append(await anyio.to_thread.run_sync(_bind_digest, tree, mount.source))
    return keys


def _bind_digest(tree: Tree, source: str) -> str:
    path = posixpath.normpath("/" + source).lstrip("/")
    try:
        return tree_digest(tree, path)
    except OSError:
        raise SourceMissing(source) from None


async def run_in(building: Building, job: RunJob, state: StageState, workspace: Workspace, step: Step) -> None:
    """Run a job in a workspace to its end. Raises BuildFailed with the exit code of a process that failed."""
    async with AsyncExitStack() as held:
        mounts, secrets_env = await made_mounts(building, job.mounts, held)
        process = process_of(building, job, state)
        process = replace(process, env=(*process.env, *secrets_env), mounts=(*mounts, *job.files))
        step.change(container_id=process.id)
        try:
            code = await workspace.run(process, step.log)
        except StartFailed as error:
            raise run_failed(job.shown, error.message, error.exit_code) from error
    if code:
        raise run_failed(job.shown, f"exit code: {code}", code)


def process_of(building: Building, job: RunJob, state: StageState) -> StepProcess:
    """Return the process of a job, without what mounts bring."""
    request = building.request
    return StepProcess(
        id=secrets.token_hex(32),
        args=job.args,
        env=state.process_environment,
        cwd=state.config.working_dir or "/",
        user=state.config.user,
        network=job.network,
        extra_hosts=request.extra_hosts,
        limits=request.limits,
    )


def run_failed(shown: str, why: str, code: int) -> BuildFailed:
    """Return the failure of a RUN."""
    return BuildFailed(f'process "{shown}" did not complete successfully: {why}', exit_code=code)
