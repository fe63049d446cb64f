"""`POST /build?version=2`: a build over BuildKit's session that is told as lines of JSON, as Docker's client did it before buildx."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import parse_qs

import anyio
import msgspec
from anyio.abc import TaskStatus

from plugins.api_buildkit.build import Build, Posted
from plugins.api_buildkit.builds import Builds
from plugins.api_buildkit.posted_context import body_of, logins_of
from plugins.api_buildkit.posted_request import FROM_CLIENT, solve_request
from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.sessions import Sessions
from plugins.api_buildkit.solve.solver import Solver
from sdk.engine.builds import Builds as EngineBuilds
from sdk.errors import BuildFailed, EngineError
from sdk.frontend import Receive, Scope, Send, header, refuse, reply

_TRACE, _IMAGE = "moby.buildkit.trace", "moby.image.id"
_CONFIG = "containerimage.config.digest"

_encode = msgspec.json.Encoder().encode


class _ErrorDetail(msgspec.Struct):
    message: str


class _ErrorLine(msgspec.Struct, rename={"detail": "errorDetail"}):
    detail: _ErrorDetail
    error: str


class PostedBuilds:
    """Answers such requests."""

    def __init__(self, builds: Builds, solver: Solver, sessions: Sessions, engine_builds: EngineBuilds) -> None:
        self._builds, self._solver, self._sessions, self._engine_builds = builds, solver, sessions, engine_builds
        self._running: dict[str, anyio.CancelScope] = {}

    async def answer(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of one of the two paths."""
        query = scope["query_string"]
        assert isinstance(query, bytes)
        values = parse_qs(query.decode("latin-1"))
        if scope["method"] != "POST":
            await reply(send, 405)
        elif path == "build" and not values.get("session"):
            await self._serve_alone(values, header(scope, b"x-registry-config"), receive, send)
        elif path == "build":
            await _start(send)
            await self.serve(values, receive, send)
        else:
            await reply(send, 200 if self.cancel(next(iter(values.get("id", ())), "")) else 404)

    async def _serve_alone(self, query: dict[str, list[str]], logins: str, receive: Receive, send: Send) -> None:
        """Serve a client without a session, which sends the context as the request's body. What is wrong with that has a status."""
        started = False
        try:
            solve_request(query)
            async with self._context(query, receive) as directory:
                await _start(send)
                started = True
                await self.serve(query, receive, send, Posted(directory, logins_of(logins)))
        except EngineError as error:
            if started:
                raise
            await refuse(send, 400, error.message)  # what came is no context
        except ConnectionError:
            return

    @asynccontextmanager
    async def _context(self, query: dict[str, list[str]], receive: Receive) -> AsyncIterator[Path]:
        remote = next(iter(query.get("remote", ())), "")
        if remote in FROM_CLIENT:
            async with self._engine_builds.unpacked(body_of(receive)) as directory:
                yield directory
            return
        async with self._engine_builds.remote(remote) as context:
            if context.dockerfile_text is not None:
                (context.directory / "Dockerfile").write_text(context.dockerfile_text)
            yield context.directory

    async def serve(self, query: dict[str, list[str]], receive: Receive, send: Send, posted: Posted | None = None) -> None:
        """Build, and tell of it until the end; a client that leaves ends the build. Errors are the last line: this client closes its session
        on one, and waits for ever if it has no session yet."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, receive, tasks.cancel_scope)
            await self._build(query, send, posted)
            tasks.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def cancel(self, build_id: str) -> bool:
        """Cancel a build; return whether there was one. Its client reads on to the end."""
        scope = self._running.get(build_id)
        if scope is not None:
            scope.cancel()
        return scope is not None

    async def _build(self, query: dict[str, list[str]], send: Send, posted: Posted | None) -> None:
        outcome = _Outcome()
        try:
            request = solve_request(query)
            if posted is None:
                await self._sessions.get(request.session)
            async with anyio.create_task_group() as tasks:
                build = await tasks.start(self._make, request, posted, outcome)
                if build is not None:
                    async for message in build.follow():
                        await _line(send, {"id": _TRACE, "aux": message.SerializeToString()})
        except EngineError as error:
            outcome.failure = error
        if outcome.failure is not None:
            await _line(send, _ErrorLine(_ErrorDetail(outcome.failure.message), outcome.failure.message))
        elif outcome.image_id:
            await _line(send, {"id": _IMAGE, "aux": {"ID": outcome.image_id}})

    async def _make(
        self,
        request: wire.SolveRequest,
        posted: Posted | None,
        outcome: "_Outcome",
        *,
        task_status: TaskStatus[Build | None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Build; `task_status` gets the build, None if it cannot begin."""
        build = None
        with anyio.CancelScope() as scope:
            try:
                with self._builds.running(request) as build, self._cancelled_by(request.ref, scope):
                    build.posted = posted
                    task_status.started(build)
                    result = await self._solver.solve(build, request.frontend_attrs, request.frontend_inputs)
                    outcome.image_id = (await self._solver.export(build, result)).get(_CONFIG, "")
            except EngineError as error:
                outcome.failure = error
        if build is None:
            task_status.started(None)
        if scope.cancelled_caught:
            outcome.failure = BuildFailed("context canceled")

    @contextmanager
    def _cancelled_by(self, ref: str, scope: anyio.CancelScope) -> Iterator[None]:
        """Let a request to cancel find the scope while the block runs."""
        self._running[ref] = scope
        try:
            yield
        finally:
            del self._running[ref]


class _Outcome:
    """What became of a build."""

    def __init__(self) -> None:
        self.image_id = ""
        self.failure: EngineError | None = None


async def _start(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})


async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _line(send: Send, content: object) -> None:
    await send({"type": "http.response.body", "body": _encode(content) + b"\r\n", "more_body": True})
