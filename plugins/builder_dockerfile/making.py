"""One build: from a request to the result."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack

import anyio
import anyio.to_thread

from plugins.builder_dockerfile.building import Building
from plugins.builder_dockerfile.classic.stages import ClassicStages
from plugins.builder_dockerfile.context import opened_directory, read_definition, read_rules
from plugins.builder_dockerfile.files.filedigests import FileDigests
from plugins.builder_dockerfile.files.tree import Tree
from plugins.builder_dockerfile.finishing import finish, finish_classic
from plugins.builder_dockerfile.inline_cache import take_over
from plugins.builder_dockerfile.language.numbers import whole_number
from plugins.builder_dockerfile.language.reading import Dockerfile, read_dockerfile
from plugins.builder_dockerfile.plan import Plan, make_plan
from plugins.builder_dockerfile.progress import Telling, vertex_of
from plugins.builder_dockerfile.recent import RecentSteps
from plugins.builder_dockerfile.stages import Stages
from plugins.builder_dockerfile.state import PROXIES
from sdk.builder import BuildHost
from sdk.engine.build_events import BuildEvent, BuildResult, BuildWarning, Vertex
from sdk.engine.builds import BuildRequest
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Platform
from sdk.reporting import reported

_KNOWN = frozenset({"SOURCE_DATE_EPOCH", "BUILDKIT_INLINE_CACHE", "BUILDKIT_SYNTAX", "BUILDKIT_MULTI_PLATFORM",
                    "BUILDKIT_CONTEXT_KEEP_GIT_DIR", "BUILDKIT_SANDBOX_HOSTNAME", "BUILDKIT_DOCKERFILE_CHECK"})  # fmt: skip
"""Arguments that mean something without being declared."""


class Maker:
    """Makes images, and remembers the digests of contexts that stay, and what was done lately."""

    def __init__(self, parallelism: int) -> None:
        self._parallelism = parallelism
        self._digests = FileDigests()
        self._recent = RecentSteps()

    def events(self, request: BuildRequest, host: BuildHost) -> AsyncGenerator[BuildEvent, None]:
        """Make what is asked for and yield what happens; the result comes last. Raises BuildFailed, InvalidArgument."""
        return reported(lambda tell: self._make(request, host, Telling(tell)))

    async def _make(self, request: BuildRequest, host: BuildHost, telling: Telling) -> None:
        arguments = {name: value for name, value in request.build_args.items() if value is not None}
        plan = await _planned(request, host, arguments, telling)
        async with telling.step(Vertex(vertex_of("ignore"), "[internal] load .dockerignore")):
            rules = await anyio.to_thread.run_sync(read_rules, request)
        async with AsyncExitStack() as held:
            directory = request.context if request.context is not None else await held.enter_async_context(host.scratch())
            root = held.enter_context(opened_directory(directory))
            building = Building(
                request=request,
                host=host,
                plan=plan,
                telling=telling,
                context=Tree(root, rules, digests=self._digests),
                arguments=arguments,
                epoch=_epoch(request, arguments),
                file=request.dockerfile,
                limiter=anyio.CapacityLimiter(self._parallelism),
                digests=self._digests,
                recent=self._recent,
            )
            await take_over(building)
            telling.tell(await (_classic(building) if request.classic else _side_by_side(building)))


async def _planned(request: BuildRequest, host: BuildHost, arguments: Mapping[str, str], telling: Telling) -> Plan:
    """Read the Dockerfile and return what is to be made of it. Raises DockerfileError, InvalidArgument."""
    async with telling.step(Vertex(vertex_of("definition"), f"[internal] load build definition from {request.dockerfile}")):
        dockerfile = read_dockerfile(await anyio.to_thread.run_sync(read_definition, request), request.dockerfile)
        predefined = _predefined(request.platform or host.platform, host.platform, request.target)
        labels = request.labels if request.classic else None
        plan = make_plan(dockerfile, request.target, arguments, predefined, request.dockerfile, labels)
    await _tell_arguments(dockerfile, plan, telling)
    return plan


async def _tell_arguments(dockerfile: Dockerfile, plan: Plan, telling: Telling) -> None:
    """Announce what stands before the first stage, which is done as soon as it is read."""
    for each in dockerfile.arguments:
        digest = vertex_of("global", str(each.line))
        async with telling.step(Vertex(digest, "", step=plan.steps[each.line], steps=len(plan.steps), instruction=each.text)):
            pass


async def _classic(building: Building) -> BuildResult:
    state = await ClassicStages(building).run()
    _warn(building)
    return await finish_classic(building, state)


async def _side_by_side(building: Building) -> BuildResult:
    """Make all stages that are needed and finish the target's. Raises the first failure."""
    try:
        async with anyio.create_task_group() as tasks:
            stages = Stages(building, tasks)
            for index in sorted(building.plan.needed):
                stages.start(index)
            state = await stages.state(building.plan.target)
    except BaseExceptionGroup as group:
        raise _first(group) from None
    _warn(building)
    return await finish(building, state, stages.states())


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _predefined(target: Platform, own: Platform, stage: str) -> dict[str, str]:
    return {**_platform_arguments("TARGET", target), **_platform_arguments("BUILD", own), "TARGETSTAGE": stage or "default"}


def _platform_arguments(prefix: str, platform: Platform) -> dict[str, str]:
    return {
        f"{prefix}PLATFORM": str(platform),
        f"{prefix}OS": platform.os,
        f"{prefix}ARCH": platform.architecture,
        f"{prefix}VARIANT": platform.variant,
    }


def _epoch(request: BuildRequest, arguments: Mapping[str, str]) -> int | None:
    text = arguments.get("SOURCE_DATE_EPOCH", "")
    if request.source_date_epoch is not None or not text:
        return request.source_date_epoch
    seconds = whole_number(text)
    if seconds is None or not 0 <= seconds <= _LATEST:
        raise InvalidArgument(f"invalid SOURCE_DATE_EPOCH: {text}")
    return seconds


_LATEST = 253_402_300_799
"""The last second of the year 9999: RFC 3339 has no later one."""


def _warn(building: Building) -> None:
    declared = building.consumed | _KNOWN | PROXIES | set(building.plan.declared)
    unused = sorted(set(building.request.build_args) - declared)
    if unused:
        text = f"One or more build-args [{' '.join(unused)}] were not consumed"
        building.telling.tell(BuildWarning(vertex_of("definition"), text, file=building.file))
