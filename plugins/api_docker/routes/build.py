"""/build: builds, and what they cache."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import anyio
import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from plugins.api_docker.bodies import upload
from plugins.api_docker.build_output import ClassicOutput, error_text
from plugins.api_docker.convert.builds import HeaderCredentials
from plugins.api_docker.convert.builds import Query as Parameters
from plugins.api_docker.errors import CLIENT_LEFT
from plugins.api_docker.queries import EngineOf, Filtering, Flag, is_experimental, is_true, parse_platform_text, read_int
from plugins.api_docker.replies import Streaming, closing, disconnected, json
from plugins.api_docker.unforeseen import in_words
from sdk.docker.hosts import parse_extra_host
from sdk.engine import Engine
from sdk.engine.builds import BuildPruneRequest, BuildRequest, RemoteContext
from sdk.errors import BuildFailed, EngineError, InvalidArgument, NotFound, Unsupported
from sdk.text import cleaned

router = APIRouter()

_log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode


@router.post("/build")
async def build_image(request: Request, engine: EngineOf) -> Response:
    """Build an image from a tar of a context, or from a URL. What fails before the first line gets a status of its own."""
    parameters = Parameters(_grouped(request))
    _check(parameters, experimental=is_experimental(request))
    arrived = anyio.Event()
    lines = _lines(request, engine, parameters, arrived)
    first = await _first(request, lines, arrived)
    return Streaming(_joined(first, lines)) if first else Response(status_code=CLIENT_LEFT)


@router.post("/build/cancel")
async def cancel_build(id: str = "") -> Response:  # noqa: A002 - the parameter's name
    """Refuse: a build of this API is cancelled by closing its connection."""
    raise NotFound(f"no such build: {id}")


@router.post("/build/prune")
async def prune_builds(
    engine: EngineOf,
    filters: Filtering,
    everything: Annotated[Flag, Query(alias="all")] = False,
    keep_storage: Annotated[str, Query(alias="keep-storage")] = "",
    reserved_space: Annotated[str, Query(alias="reserved-space")] = "",
) -> Response:
    """Drop cached build results."""
    kept = _bytes("reserved-space", reserved_space) or _bytes("keep-storage", keep_storage)
    request = BuildPruneRequest(all=everything, keep_bytes=kept, filters=filters)
    pruned = await engine.builds.prune(request)
    return json({"CachesDeleted": pruned.deleted, "SpaceReclaimed": pruned.space_reclaimed})


def _bytes(name: str, text: str) -> int:
    """Return a number of bytes, 0 for "". Raises InvalidArgument."""
    try:
        return read_int(text or "0")
    except InvalidArgument as error:
        raise InvalidArgument(f"{name} is in bytes and expects an integer, got {cleaned(text)}: {error.message}") from None


def _grouped(request: Request) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        grouped.setdefault(name, []).append(value)
    return grouped


def _check(parameters: Parameters, *, experimental: bool) -> None:
    if parameters.text("version") == "2":
        raise InvalidArgument(
            "version 2 of /build is BuildKit's, and the frontend that serves it is not loaded: use DOCKER_BUILDKIT=0"
        )
    if is_true(parameters.text("squash")):
        if experimental:
            raise Unsupported("squash is not supported by this engine: copy the result into a last stage, which has one layer")
        raise InvalidArgument("squash is only supported with experimental mode")
    if parameters.text("isolation") not in ("", "default"):
        raise InvalidArgument(f"invalid isolation: {parameters.text('isolation')}: only default is supported on Linux")


async def _first(request: Request, lines: AsyncGenerator[bytes, None], arrived: anyio.Event) -> bytes:
    """Return the first line; b"" if the client left before there was one, which may be long: a quiet build says nothing until its end."""
    failure: Exception | None = None
    first = b""
    async with anyio.create_task_group() as group:
        group.start_soon(_watch, request, arrived, group.cancel_scope)
        try:
            first = await anext(lines)
        except Exception as error:  # noqa: BLE001 whatever it is, it is raised below
            failure = error  # raised in here it would come out as a group
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return first


async def _watch(request: Request, arrived: anyio.Event, scope: anyio.CancelScope) -> None:
    """Cancel when the client leaves; until the context has arrived, the one who reads it notices."""
    await arrived.wait()
    await disconnected(request.receive)
    scope.cancel()


async def _lines(request: Request, engine: Engine, parameters: Parameters, arrived: anyio.Event) -> AsyncGenerator[bytes, None]:
    """Yield encoded lines. An error before the first of them is raised, a later one is the last line."""
    output, begun = ClassicOutput(quiet=is_true(parameters.text("q"))), False
    try:
        async with _context(request, engine, parameters) as context:
            arrived.set()
            wanted = _request(request, parameters, context)
            async with closing(engine.builds.build(wanted)) as events:
                async for event in events:
                    for line in output.lines(event):
                        begun = True
                        yield _encode(line) + b"\r\n"
    except EngineError as error:
        if not begun:
            raise _refusal(error) from error
        for line in output.failure(error):
            yield _encode(line) + b"\r\n"
    except Exception as error:
        if not begun:
            raise
        _log.exception("a build failed")
        for line in output.failure(in_words(error)):
            yield _encode(line) + b"\r\n"


def _refusal(error: EngineError) -> EngineError:
    """A Dockerfile that cannot be read is the request's fault."""
    return InvalidArgument(error_text(error)[0]) if isinstance(error, BuildFailed) and not error.exit_code else error


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with closing(rest) as lines:
        yield first
        async for line in lines:
            yield line


@asynccontextmanager
async def _context(request: Request, engine: Engine, parameters: Parameters) -> AsyncIterator[RemoteContext]:
    remote = parameters.text("remote")
    if remote:
        async with engine.builds.remote(remote) as context:
            yield context
        return
    async with engine.builds.unpacked(upload(request)) as directory:
        yield RemoteContext(directory)


def _request(request: Request, parameters: Parameters, context: RemoteContext) -> BuildRequest:
    labels = {name: value or "" for name, value in parameters.mapping("labels").items()}
    network = parameters.text("networkmode")
    cache_from = parameters.cache_imports()
    return BuildRequest(
        context=context.directory,
        dockerfile=parameters.text("dockerfile") or "Dockerfile",
        dockerfile_text=context.dockerfile_text,
        target=parameters.text("target"),
        build_args=parameters.mapping("buildargs"),
        labels=labels,
        tags=parameters.texts("t"),
        platform=parse_platform_text(parameters.text("platform")),
        network_mode="" if network == "default" else network,
        extra_hosts=tuple(parse_extra_host(host) for text in parameters.texts("extrahosts") for host in text.split(",") if host),
        limits=parameters.limits(),
        no_cache=is_true(parameters.text("nocache")),
        pull=is_true(parameters.text("pull")),
        cache_from=cache_from,
        cache_from_only=bool(cache_from),
        credentials=HeaderCredentials(request.headers.get("x-registry-config", "")),
        classic=True,
        remove=is_true(parameters.text("rm") or "1"),
        force_remove=is_true(parameters.text("forcerm")),
    )
