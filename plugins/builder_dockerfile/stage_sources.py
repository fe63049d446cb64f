"""What a `from` may name, as BuildKit has it: a stage that stands before, else an image; never the own stage or one behind it."""

from collections.abc import Collection, Iterator, Sequence

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.instructions import Copy, Instruction, Run
from plugins.builder_dockerfile.language.numbers import whole_number
from plugins.builder_dockerfile.language.variables import expand
from plugins.builder_dockerfile.stage_graph import Stage, reachable
from sdk.errors import BuildFailed


def check_sources(stages: Sequence[Stage], needed: Collection[int], escape: str, file: str) -> None:
    """Raise BuildFailed for a number that is no stage's, a variable in `--from`, stages that copy from each other, and, in a stage that is
    needed, for one that comes later."""
    sources = {stage.index: list(_sources(stages, stage, escape, file)) for stage in stages}
    graph = {index: {found for _, _, found in named} for index, named in sources.items()}
    for stage in stages:
        if stage.index in reachable(graph, stage.index):
            line = next(instruction.line for instruction, _, _ in sources[stage.index])
            raise BuildFailed(f"circular dependency detected on stage: {stage.title}", file=file, line=line)
    for index in sorted(needed):
        for instruction, later, found in sources[index]:
            if found > index:
                raise BuildFailed(later, file=file, line=instruction.line)


def _sources(stages: Sequence[Stage], stage: Stage, escape: str, file: str) -> Iterator[tuple[Instruction, str, int]]:
    """Yield each instruction that names a stage, what to say where that comes later, and which it is."""
    for instruction in stage.instructions:
        body = instruction.body
        if isinstance(body, Copy) and body.from_:
            try:
                found = _copied_from(stages, body.from_, escape)
            except DockerfileError as error:
                raise BuildFailed(str(error), file=file, line=instruction.line) from None
            if found is not None:
                later = f'cannot copy from stage "{body.from_}", it needs to be defined before current stage "{stage.title}"'
                yield instruction, later, found
        if isinstance(body, Run):
            for mount in body.mounts:
                if mount.from_ and (found := _named(stages, mount.from_)) is not None:
                    later = f'cannot mount from stage "{mount.from_}" to "{mount.target}", stage needs to be defined before current command'
                    yield instruction, later, found


def _copied_from(stages: Sequence[Stage], text: str, escape: str) -> int | None:
    if expand(text, {}, escape) != text:
        raise DockerfileError(
            "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround"
        )
    index = whole_number(text)
    if index is None:
        return _named(stages, text)
    if not 0 <= index < len(stages):
        raise DockerfileError(f"invalid stage index {text}")
    return index


def _named(stages: Sequence[Stage], name: str) -> int | None:
    """Return the last stage of a name."""
    return next((stage.index for stage in reversed(stages) if stage.name and stage.name == name.lower()), None)
