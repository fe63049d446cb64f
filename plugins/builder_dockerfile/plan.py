"""Which stages a build needs, and what stands where in the Dockerfile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from plugins.builder_dockerfile.language.errors import DockerfileError, located, suggestion
from plugins.builder_dockerfile.language.instructions import Arg, Copy, From, Instruction, Label, Run
from plugins.builder_dockerfile.language.reading import Dockerfile
from plugins.builder_dockerfile.language.variables import expand
from plugins.builder_dockerfile.stage_graph import Stage, reachable
from plugins.builder_dockerfile.stage_sources import check_sources
from sdk.errors import BuildFailed
from sdk.oci.descriptor import parse_platform

SCRATCH = "scratch"


@dataclass(frozen=True, slots=True)
class Plan:
    """`needed` are the indexes of all stages the target depends on, itself among them; `steps` numbers their instructions by line."""

    stages: tuple[Stage, ...]
    target: int
    needed: frozenset[int]
    arguments: Mapping[str, str]
    escape: str
    steps: Mapping[int, int] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()

    def find(self, name: str, before: int) -> int | None:
        """Return the index of a stage that stands before another, by name (any case) or number."""
        for stage in reversed(self.stages[:before]):
            if stage.name == name.lower() or name == str(stage.index):
                return stage.index
        return None


def make_plan(
    dockerfile: Dockerfile,
    target: str,
    arguments: Mapping[str, str],
    predefined: Mapping[str, str],
    file: str,
    labels: Mapping[str, str] | None = None,
) -> Plan:
    """Plan a build; `arguments` are those given from outside. Raises BuildFailed for an unknown target, a bad FROM or a bad `from`.

    With `labels` it is planned as for the classic builder: every stage up to the target is made, and each label is one more step of it.
    """
    values = _global_arguments(dockerfile, arguments, predefined, file)
    stages = _stages(dockerfile, values, file)
    index = _target(stages, target)
    needed = _needed(stages, index) if labels is None else frozenset(range(index + 1))
    if labels is None:
        check_sources(stages, needed, dockerfile.escape, file)
    if labels:
        stages = (*stages[:index], _labelled(stages[index], labels, dockerfile), *stages[index + 1 :])
    lines = [each.line for each in dockerfile.arguments]
    lines += [each.line for stage in stages if stage.index in needed for each in (stage.start, *stage.instructions)]
    steps = {line: number for number, line in enumerate(lines, 1)}
    names = {name for each in dockerfile.arguments if isinstance(each.body, Arg) for name, _default in each.body.arguments}
    return Plan(stages, index, needed, values, dockerfile.escape, steps, frozenset(names))


def _global_arguments(
    dockerfile: Dockerfile, arguments: Mapping[str, str], predefined: Mapping[str, str], file: str
) -> dict[str, str]:
    values = dict(predefined)
    for instruction in dockerfile.arguments:
        body = instruction.body
        if isinstance(body, Arg):
            for name, default in body.arguments:
                if name in arguments:
                    values[name] = arguments[name]
                elif default is not None:
                    values[name] = _expanded(default, values, dockerfile, instruction, file)
    return values


def _stages(dockerfile: Dockerfile, values: Mapping[str, str], file: str) -> tuple[Stage, ...]:
    groups: list[list[Instruction]] = []
    for instruction in dockerfile.instructions:
        if isinstance(instruction.body, From):
            groups.append([])
        groups[-1].append(instruction)
    stages: list[Stage] = []
    for group in groups:
        stages.append(_stage(stages, group, dockerfile, values, file))
    return tuple(stages)


def _stage(
    earlier: Sequence[Stage], group: list[Instruction], dockerfile: Dockerfile, values: Mapping[str, str], file: str
) -> Stage:
    start, *rest = group
    body = start.body
    assert isinstance(body, From)
    image = _expanded(body.image, values, dockerfile, start, file)
    if not image:
        raise located(DockerfileError(f"base name ({body.image}) should not be blank"), start.line, file)
    wanted = _expanded(body.platform, values, dockerfile, start, file)
    base = _find(earlier, image)
    needs = {index for instruction in rest for name in sources(instruction) if (index := _find(earlier, name)) is not None}
    return Stage(
        index=len(earlier),
        name=body.name,
        image=image,
        base=base,
        platform=parse_platform(wanted) if wanted else None,
        start=start,
        instructions=tuple(rest),
        needs=frozenset(needs | ({base} if base is not None else set())),
    )


def _labelled(stage: Stage, labels: Mapping[str, str], dockerfile: Dockerfile) -> Stage:
    """Return a stage with a step for each label that was given from outside; their lines are those after the file's last."""
    last = max(each.line for each in dockerfile.instructions)
    added = [
        Instruction(Label(((name, labels[name]),), expands=False), f"LABEL {name}={labels[name]}", last + number)
        for number, name in enumerate(sorted(labels), 1)
    ]
    return replace(stage, instructions=(*stage.instructions, *added))


def sources(instruction: Instruction) -> list[str]:
    """Return the names of stages, images or contexts an instruction copies or mounts from."""
    body = instruction.body
    if isinstance(body, Copy):
        return [body.from_] if body.from_ else []
    if isinstance(body, Run):
        return [mount.from_ for mount in body.mounts if mount.from_]
    return []


def _find(earlier: Sequence[Stage], name: str) -> int | None:
    return next((stage.index for stage in reversed(earlier) if name.lower() == stage.name or name == str(stage.index)), None)


def _expanded(text: str, values: Mapping[str, str], dockerfile: Dockerfile, instruction: Instruction, file: str) -> str:
    try:
        return expand(text, values, dockerfile.escape)
    except DockerfileError as error:
        raise located(error, instruction.line, file) from error


def _target(stages: Sequence[Stage], target: str) -> int:
    if not target:
        return len(stages) - 1
    index = _find(stages, target)
    if index is None:
        raise BuildFailed(
            f'target stage "{target}" could not be found{suggestion(target, [each.name for each in stages if each.name])}'
        )
    return index


def _needed(stages: Sequence[Stage], target: int) -> frozenset[int]:
    return reachable({stage.index: stage.needs for stage in stages}, target) | {target}
