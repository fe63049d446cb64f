"""moby.buildkit.v1.Control: builds, the cache, workers, history."""

from grpclib.server import Stream

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.builds import Builds
from plugins.api_buildkit.errors import as_grpc
from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.proto.control_grpc import ControlBase
from plugins.api_buildkit.services import cache
from plugins.api_buildkit.services.calls import answering, request_of
from plugins.api_buildkit.services.tunnel import Tunnel
from plugins.api_buildkit.services.workers import version, worker
from plugins.api_buildkit.sessions import Sessions
from plugins.api_buildkit.solve.solver import Solver
from sdk.engine import Engine
from sdk.errors import EngineError, InvalidArgument, Unsupported
from sdk.tracing import request as traced
from sdk.tracing import traceparent

_FRONTENDS = ("dockerfile.v0", "gateway.v0")
_Bytes = Stream[wire.BytesMessage, wire.BytesMessage]


class ControlService(ControlBase):
    """Drives builds over the engine."""

    def __init__(self, engine: Engine, builds: Builds, solver: Solver, sessions: Sessions) -> None:
        self._engine, self._builds, self._solver, self._sessions = engine, builds, solver, sessions

    async def Solve(self, stream: Stream[wire.SolveRequest, wire.SolveResponse]) -> None:
        """Build and export; without a frontend the client decides through the gateway what is built."""
        request = await request_of(stream)
        parent = stream.metadata.get("traceparent", "") if stream.metadata else ""
        with traced("moby.buildkit.v1.Control/Solve", str(parent)), answering(), self._builds.running(request) as build:
            build.trace = traceparent()
            try:
                response = await self._solve(build)
            except EngineError as error:
                raise as_grpc(error, build.dockerfile) from error
        await stream.send_message(wire.SolveResponse(exporter_response=response))

    async def _solve(self, build: Build) -> dict[str, str]:
        request = build.request
        if request.frontend in _FRONTENDS:
            build.result = await self._solver.solve(build, request.frontend_attrs, request.frontend_inputs)
        elif request.frontend or getattr(request.definition, "def"):
            raise Unsupported(f"frontend {request.frontend or 'of a raw definition'} is not supported: build from a Dockerfile")
        elif not request.HasField("definition"):  # one that is there and empty asks for nothing to be built
            await build.returned.wait()
            if build.failure is not None:
                raise build.failure
        return await self._solver.export(build, build.result) if build.result is not None else {}

    async def Status(self, stream: Stream[wire.StatusRequest, wire.StatusResponse]) -> None:
        """Tell what a build does, from its beginning to its end."""
        request = await request_of(stream)
        with answering():
            build = await self._builds.get(request.ref)
        async for message in build.follow():
            await stream.send_message(message)

    async def Session(self, stream: _Bytes) -> None:
        """Keep a session whose connection is tunnelled through this call."""
        headers = {} if stream.metadata is None else {key: str(value) for key, value in stream.metadata.items()}
        async with self._sessions.opened(headers) as session:
            await Tunnel(stream).run(session.connection)

    async def ListWorkers(self, stream: Stream[wire.ListWorkersRequest, wire.ListWorkersResponse]) -> None:
        """Tell of the only worker."""
        await stream.recv_message()
        with answering():
            await stream.send_message(wire.ListWorkersResponse(record=[await worker(self._engine)]))

    async def Info(self, stream: Stream[wire.InfoRequest, wire.InfoResponse]) -> None:
        """Tell the builder's version."""
        await stream.recv_message()
        info = await self._engine.system.info()
        await stream.send_message(wire.InfoResponse(buildkit_version=version(info.version)))

    async def DiskUsage(self, stream: Stream[wire.DiskUsageRequest, wire.DiskUsageResponse]) -> None:
        """Tell what is cached."""
        request = await request_of(stream)
        with answering():
            entries = await self._engine.builds.disk_usage()
            await stream.send_message(wire.DiskUsageResponse(record=cache.records(entries, request.filter)))

    async def Prune(self, stream: Stream[wire.PruneRequest, wire.UsageRecord]) -> None:
        """Forget what is cached and tell what went."""
        request = await request_of(stream)
        with answering():
            before = await self._engine.builds.disk_usage()
            pruned = await self._engine.builds.prune(cache.prune_request(request))
        for record in cache.records([entry for entry in before if entry.id in set(pruned.deleted)], ()):
            await stream.send_message(record)

    async def ListenBuildHistory(self, stream: Stream[wire.BuildHistoryRequest, wire.BuildHistoryEvent]) -> None:
        """Tell of past builds, and go on unless the client wants to stop there."""
        request = await request_of(stream)
        async for event in self._builds.history.listen(request):
            await stream.send_message(event)

    async def UpdateBuildHistory(self, stream: Stream[wire.UpdateBuildHistoryRequest, wire.UpdateBuildHistoryResponse]) -> None:
        """Pin or forget a past build."""
        request = await request_of(stream)
        with answering():
            if not request.ref:
                raise InvalidArgument("a build's reference is needed")
            if request.delete:
                self._builds.history.delete(request.ref)
            elif not request.finalize:
                self._builds.history.pin(request.ref, pinned=request.pinned)
        await stream.send_message(wire.UpdateBuildHistoryResponse())
