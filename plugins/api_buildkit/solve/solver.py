"""Run one build: fetch what it is made from, let the engine build, tell what happens."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.filesync.contexts import Contexts
from plugins.api_buildkit.offers import SessionCredentials, SessionSecrets, SessionSsh
from plugins.api_buildkit.proto.ops_pb2 import Definition
from plugins.api_buildkit.sessions import Session, Sessions, needed
from plugins.api_buildkit.solve.exporters import Exporter, image_names
from plugins.api_buildkit.solve.imports import take_local_caches
from plugins.api_buildkit.solve.inputs import Fetcher, Inputs
from plugins.api_buildkit.solve.once import cancelled_once
from plugins.api_buildkit.solve.options import Options, cache_exports
from sdk.engine import Engine
from sdk.engine.build_events import BuildResult, Vertex
from sdk.engine.builds import BuildRequest
from sdk.errors import DataLoss, EngineError
from sdk.tracing import step

_OURS = "[internal] load build definition", "[internal] load .dockerignore", "[internal] load build context"


class Solver:
    """Builds for clients of this protocol."""

    def __init__(self, engine: Engine, sessions: Sessions, contexts: Contexts) -> None:
        self._engine = engine
        self._sessions = sessions
        self._contexts = contexts

    async def solve(self, build: Build, attrs: Mapping[str, str], definitions: Mapping[str, Definition]) -> BuildResult:
        """Build an image. What fails is kept in the build, for the request that is told of it last."""
        try:
            options = Options(attrs)
            options.check()
            return await cancelled_once(self._solve(build, options, definitions))
        except EngineError as error:
            build.failure = error
            raise

    async def export(self, build: Build, result: BuildResult) -> dict[str, str]:
        """Give the client what it asked to have made of a result; returns what it is told about it."""
        session = await self._sessions.of(build)
        return await cancelled_once(Exporter(self._engine, build, session).export(result))

    async def _solve(self, build: Build, options: Options, definitions: Mapping[str, Definition]) -> BuildResult:
        async with AsyncExitStack() as stack:
            session = await self._sessions.of(build)
            fetcher = Fetcher(build, session, self._sessions, self._contexts, self._engine.builds, stack)
            with step("build.inputs"):
                inputs = await fetcher.fetch(options, definitions)
            request = _request(build, session, options, inputs)
            taken = await take_local_caches(self._engine, build, session, stack)
            return await self._run(build, replace(request, cache_from=(*request.cache_from, *taken)))

    async def _run(self, build: Build, request: BuildRequest) -> BuildResult:
        result: BuildResult | None = None
        async for event in self._engine.builds.build(request):
            if isinstance(event, BuildResult):
                result, build.made = event, event.image_id
            elif not (isinstance(event, Vertex) and event.name.startswith(_OURS)):
                build.tell(event)
        if result is None:
            raise DataLoss("the builder ended without a result")
        return result


def _request(build: Build, session: Session | None, options: Options, inputs: Inputs) -> BuildRequest:
    cache = build.request.cache
    request = BuildRequest(
        context=inputs.context,
        dockerfile=inputs.dockerfile,
        dockerfile_text=inputs.dockerfile_text,
        dockerfile_directory=inputs.dockerfile_directory,
        named_contexts=inputs.named,
        target=options.text("target"),
        build_args=options.prefixed("build-arg:"),
        labels=options.prefixed("label:"),
        tags=image_names(build.request),
        platform=options.platform,
        network_mode=options.text("force-network-mode"),
        extra_hosts=options.extra_hosts,
        limits=options.limits,
        no_cache=options.no_cache,
        no_cache_stages=options.no_cache_stages,
        pull=options.pull,
        cache_from=options.cache_imports(cache),
        cache_to=cache_exports(cache),
    )
    if build.posted is not None:
        return replace(request, credentials=build.posted)
    connection = needed(session).connection
    return replace(
        request,
        secrets=SessionSecrets(connection),
        ssh=SessionSsh(connection),
        credentials=SessionCredentials(connection),
    )
