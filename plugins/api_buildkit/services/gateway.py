"""moby.buildkit.v1.frontend.LLBBridge: a client takes part in its own build, as buildx does in every one."""

import secrets
import time

from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.server import Stream

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.builds import Builds
from plugins.api_buildkit.errors import as_grpc
from plugins.api_buildkit.proto import gateway_pb2 as wire
from plugins.api_buildkit.proto.caps_pb2 import APICap
from plugins.api_buildkit.proto.fsutil_pb2 import Stat
from plugins.api_buildkit.proto.gateway_grpc import LLBBridgeBase
from plugins.api_buildkit.services.calls import Q, S, answering, request_of
from plugins.api_buildkit.solve.definitions import definition_of
from plugins.api_buildkit.solve.solver import Solver
from sdk.engine.build_events import BuildResult, BuildWarning
from sdk.errors import EngineError, Unsupported
from sdk.tracing import request as traced

_BUILD_ID = "buildkit-controlapi-buildid"
_FRONTENDS = ("dockerfile.v0", "gateway.v0")
_GATEWAY_ABILITIES = (
    "solve.base", "return", "returnmap", "proto.refarray", "reference.output", "frontend.inputs", "gateway.evaluate",
    "gateway.solve.evaluate", "gateway.solve.metadata", "gateway.warnings", "statfile", "importcaches", "frontend.caps",
)  # fmt: skip
_BUILD_ABILITIES = (
    "source.image", "source.local", "source.local.unique", "source.local.sessionid", "source.local.includepatterns",
    "source.local.followpaths", "source.local.excludepatterns", "source.local.sharedkeyhint", "source.git", "source.git.fullurl",
    "source.git.keepgitdir", "source.http", "exec.meta.base", "exec.mount.bind", "exec.mount.cache", "exec.mount.cache.sharing",
    "exec.mount.secret", "exec.mount.ssh", "exec.mount.tmpfs", "exec.mount.selector", "exec.meta.network", "exec.meta.ulimit",
    "exec.meta.cgroup.parent", "exec.secretenv", "file.base", "constraints", "platform", "meta.ignorecache", "meta.description",
    "exporter.multiple", "exporter.sourcedateepoch",
)  # fmt: skip


class _Failed(EngineError):
    """The client's own failure."""


class GatewayService(LLBBridgeBase):
    """Answers the client's part of a build; its metadata says which one."""

    def __init__(self, builds: Builds, solver: Solver) -> None:
        self._builds, self._solver = builds, solver

    async def Ping(self, stream: Stream[wire.PingRequest, wire.PongResponse]) -> None:
        """Tell what can be asked."""
        await self._build(stream)
        await stream.recv_message()
        await stream.send_message(wire.PongResponse(frontend_api_caps=_able(_GATEWAY_ABILITIES), llb_caps=_able(_BUILD_ABILITIES)))

    async def Solve(self, stream: Stream[wire.SolveRequest, wire.SolveResponse]) -> None:
        """Build; the result is known by an ID from now on."""
        build, request = await self._build(stream), await request_of(stream)
        try:
            if request.frontend not in _FRONTENDS:
                raise Unsupported(f"frontend {request.frontend or 'of a raw definition'} is not supported: build from a Dockerfile")
            with traced("moby.buildkit.v1.frontend.LLBBridge/Solve", build.trace):
                result = await self._solver.solve(build, request.frontend_opt, request.frontend_inputs)
        except EngineError as error:
            raise as_grpc(error, build.dockerfile) from error
        ref = secrets.token_hex(12)
        build.results[ref] = result
        await stream.send_message(wire.SolveResponse(result=_result(ref, result)))

    async def StatFile(self, stream: Stream[wire.StatFileRequest, wire.StatFileResponse]) -> None:
        """Tell that a result has been built; nothing but its root is looked at."""
        build, request = await self._build(stream), await request_of(stream)
        if request.ref not in build.results or request.path.strip("./"):
            raise GRPCError(Status.NOT_FOUND, f"no such file: {request.path}")
        await stream.send_message(wire.StatFileResponse(stat=Stat(path=".", mode=1 << 31 | 0o755, mod_time=time.time_ns())))

    async def Evaluate(self, stream: Stream[wire.EvaluateRequest, wire.EvaluateResponse]) -> None:
        """Results are evaluated when they exist."""
        await stream.recv_message()
        await stream.send_message(wire.EvaluateResponse())

    async def Inputs(self, stream: Stream[wire.InputsRequest, wire.InputsResponse]) -> None:
        """Tell the definitions that the build was given."""
        build = await self._build(stream)
        await stream.recv_message()
        await stream.send_message(wire.InputsResponse(definitions=build.request.frontend_inputs))

    async def Warn(self, stream: Stream[wire.WarnRequest, wire.WarnResponse]) -> None:
        """Pass a warning on to the clients that follow the build."""
        build, request = await self._build(stream), await request_of(stream)
        detail = tuple(line.decode(errors="replace") for line in request.detail)
        build.tell(BuildWarning(request.digest, request.short.decode(errors="replace"), detail, request.url, request.level))
        await stream.send_message(wire.WarnResponse())

    async def Return(self, stream: Stream[wire.ReturnRequest, wire.ReturnResponse]) -> None:
        """Learn which result is to be exported, or that there is none."""
        build, request = await self._build(stream), await request_of(stream)
        if request.HasField("error"):
            build.failure = build.failure or _Failed(request.error.message)
        else:
            build.failure, build.result = None, build.results.get(request.result.ref.id)
        build.returned.set()
        await stream.send_message(wire.ReturnResponse())

    async def _build(self, stream: Stream[Q, S]) -> Build:
        ref = "" if stream.metadata is None else str(stream.metadata.get(_BUILD_ID, ""))
        with answering():
            return await self._builds.get(ref)


def _able(names: tuple[str, ...]) -> list[APICap]:
    return [APICap(id=name, enabled=True) for name in names]


def _result(ref: str, result: BuildResult) -> wire.Result:
    definition = definition_of(result.image_id) if result.image_id else None
    return wire.Result(ref=wire.Ref(id=ref, **({"def": definition} if definition else {})))
