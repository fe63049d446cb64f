"""COPY and ADD."""

import posixpath
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread

from plugins.builder_dockerfile.building import Building, LayerStep, key_of
from plugins.builder_dockerfile.files.copying import Copier, Dress
from plugins.builder_dockerfile.files.modes import parse_mode
from plugins.builder_dockerfile.instructions.copy_sources import Source, found_sources
from plugins.builder_dockerfile.instructions.metadata import Expander, working_directory
from plugins.builder_dockerfile.instructions.origins import Earlier, find_origin, opened
from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.instructions import Copy
from plugins.builder_dockerfile.language.statements import Heredoc
from plugins.builder_dockerfile.language.variables import expand_plain
from plugins.builder_dockerfile.progress import Step
from plugins.builder_dockerfile.state import StageState, grown
from sdk.builder import BuildHost, CachedStep, Workspace


@dataclass(frozen=True, slots=True)
class CopyJob:
    """A COPY with its variables replaced and its sources found. `target` is absolute and ends in a slash if it must be a directory."""

    body: Copy
    sources: list[Source]
    target: str
    digest: str

    @property
    def shown(self) -> str:
        names = " ".join((*self.body.sources, *(heredoc.name for heredoc in self.body.heredocs)))
        return f"{self.body.keyword} {names} {self.body.destination}"

    @property
    def look(self) -> tuple[object, ...]:
        """What besides files and target makes a difference."""
        body = self.body
        return body.add, body.chown, body.chmod, body.parents, body.exclude, body.unpack

    def key(self, state: StageState) -> str:
        """Return the cache key of the copy on a state's layers; with `--link` those are no matter."""
        return key_of("copy", () if is_linked(self.body) else state.stack, self.target, self.digest, self.look)

    def maker(self, host: BuildHost) -> Callable[[Workspace], Awaitable[None]]:
        """Return what copies into a workspace."""
        return _maker(host, self)


@asynccontextmanager
async def prepared_copy(building: Building, body: Copy, state: StageState, earlier: Earlier, step: Step) -> AsyncIterator[CopyJob]:
    """Give a COPY or ADD that is ready to be made. Raises BuildFailed, DockerfileError."""
    body = _expanded(body, Expander(state, building.plan.escape), building.plan.escape)
    target = working_directory(state, body.destination)
    if body.destination.endswith(("/", "/.")) or body.destination in (".", "./"):
        target = target.rstrip("/") + "/"
    origin = await find_origin(building, body.from_, earlier, step)
    async with opened(building, origin) as tree, found_sources(building, body, tree) as (sources, digest):
        _check_target(body, sources)
        yield CopyJob(body, sources, target, digest)


async def copy_files(building: Building, body: Copy, state: StageState, earlier: Earlier, step: Step, *, anew: bool) -> StageState:
    """Return the state after a COPY or ADD. Raises BuildFailed, DockerfileError."""
    async with prepared_copy(building, body, state, earlier, step) as job:
        made = await made_copy(building, job, state, step, anew=anew)
    return grown(state, made, job.key(state), f"{job.shown} # buildkit")


def is_linked(body: Copy) -> bool:
    """Tell whether a layer can be made without the ones below; names of owners are found in those."""
    return body.link and all(part.isdigit() for part in body.chown.split(":") if part)


async def made_copy(building: Building, job: CopyJob, state: StageState, step: Step, *, anew: bool) -> CachedStep:
    """Return the layers after a copy, from the cache or made."""
    make, key = job.maker(building.host), job.key(state)
    if not is_linked(job.body):
        return await building.layer(step, LayerStep(key, state.stack, job.shown, state.key, anew), make)
    alone = await building.layer(step, LayerStep(key, (), job.shown, "", anew), make)
    if not state.stack or not alone.stack:
        return CachedStep((*state.stack, *alone.stack), alone.note)
    if alone.stack[:-1] == state.stack:  # learnt from an image that has it there
        return alone
    diff_id = await building.host.restack(alone.stack[-1], alone.stack[:-1], state.stack)
    return CachedStep((*state.stack, diff_id), alone.note)


def _expanded(body: Copy, expander: Expander, escape: str) -> Copy:
    def heredoc(each: Heredoc) -> Heredoc:
        return replace(each, content=expand_plain(each.content, expander.values, escape)) if each.expand else each

    return replace(
        body,
        sources=tuple(expander.word(source) for source in body.sources),
        destination=expander.word(body.destination),
        chown=expander.word(body.chown),
        chmod=expander.word(body.chmod),
        from_=expander.word(body.from_),
        exclude=tuple(expander.word(pattern) for pattern in body.exclude),
        checksum=expander.word(body.checksum),
        heredocs=tuple(heredoc(each) for each in body.heredocs),
    )


def _check_target(body: Copy, sources: list[Source]) -> None:
    if len(sources) > 1 and not body.destination.endswith(("/", "/.")) and body.destination != ".":
        raise DockerfileError(
            f"When using {body.keyword} with more than one source file, the destination must be a directory and end with a /"
        )


def _maker(host: BuildHost, job: CopyJob) -> Callable[[Workspace], Awaitable[None]]:
    async def make(workspace: Workspace) -> None:
        owner = await workspace.owner(job.body.chown) if job.body.chown else None
        mode = parse_mode(job.body.chmod)
        async with workspace.files() as root:
            for source in job.sources:
                own = owner or ((0, 0) if source.tree is None or not source.tree.owned else None)
                if await _unpacked(host, job, source, root, Dress(own, mode)):
                    continue
                await anyio.to_thread.run_sync(_copy, root, source, job.target, Dress(own, mode))

    return make


async def _unpacked(host: BuildHost, job: CopyJob, source: Source, root: int, dress: Dress) -> bool:
    """Unpack what ADD takes for an archive; return whether it was one."""
    wanted = job.body.unpack if job.body.unpack is not None else not source.fetched
    if not job.body.add or not wanted or source.tree is None or source.directory:
        return False
    copier = Copier(root, dress)
    try:
        place = Path(source.tree.place(source.tree.real(source.path)))
        if not place.is_file() or place.is_symlink() or not await host.is_archive(place):
            return False
        await host.unpack(place, copier.directory(job.target.rstrip("/") or "/"))
        return True
    finally:
        copier.close()


def _copy(root: int, source: Source, target: str, dress: Dress) -> None:
    copier = Copier(root, dress)
    try:
        place = _place(copier, source, target)
        if source.content is not None:
            copier.content(place, source.content)
        elif source.tree is not None:
            copier.tree(source.tree.walk(source.path), place, source.skips)
    finally:
        copier.close()


def _place(copier: Copier, source: Source, target: str) -> str:
    """Return the path a source becomes: a directory's content goes into the target, a file into it if that is a directory.

    A symlink that is the target itself is followed; one that a directory has under the source's name is replaced.
    """
    base = posixpath.join(target, source.under) + "/" if source.under else target
    if source.directory:
        return base.rstrip("/") or "/"
    if base.endswith("/") or copier.is_directory(base):
        return posixpath.join(base, source.name)
    return copier.followed(base)
