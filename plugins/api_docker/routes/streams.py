"""/containers: what a container says and does while it runs."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from plugins.api_docker.convert.logs import RAW, line_encoder, stream_type
from plugins.api_docker.convert.stats import stats
from plugins.api_docker.errors import status_of
from plugins.api_docker.models.containers import WaitError, WaitResponse
from plugins.api_docker.queries import EngineOf, Flag, Resizing, VersionOf, moment
from plugins.api_docker.replies import Hijacking, Streaming, closing, encode
from plugins.api_docker.sessions import serve_session
from plugins.api_docker.versions import ApiVersion
from plugins.api_docker.websocket import WebSocketReply
from sdk.drivers.logs import LogRecord, LogRequest
from sdk.engine.containers import AttachRequest, StatsSample, WaitCondition, Waiter
from sdk.errors import EngineError, InvalidArgument, PermissionDenied
from sdk.origins import is_same_origin

router = APIRouter(prefix="/containers")

CHOOSES_STREAMS = (1, 42)

_COUNT = re.compile(r"\+?[0-9]{1,18}", re.ASCII)

DetachKeys = Annotated[str, Query(alias="detachKeys")]


def attach_request(
    stdin: Flag = False,
    stdout: Flag = False,
    stderr: Flag = False,
    stream: Flag = False,
    logs: Flag = False,
    detach_keys: DetachKeys = "",
) -> AttachRequest:
    """Return what the query asks of an attach."""
    return AttachRequest(stdin, stdout, stderr, stream, logs, detach_keys)


Attach = Annotated[AttachRequest, Depends(attach_request)]


@router.post("/{name:path}/attach")
async def attach_container(
    name: str,
    engine: EngineOf,
    version: VersionOf,
    asked: Attach,
) -> Response:
    """Connect a client to a container's streams. As in dockerd a refusal is plain text, as what was asked for would be."""
    try:
        session = await engine.streams.attach(name, asked)
    except EngineError as error:
        return Response(f"{error.message}\r\n", status_of(error), media_type=RAW)
    return Hijacking(serve_session(session, terminal=session.terminal), stream_type(version, terminal=session.terminal))


@router.get("/{name:path}/attach/ws")
async def attach_websocket(
    name: str,
    request: Request,
    engine: EngineOf,
    version: VersionOf,
    asked: Attach,
) -> Response:
    """Connect a WebSocket to a container's streams: before API 1.42 to all of them, whatever the query says.

    A browser lets any page open one, and says only by the Origin which page it is (RFC 6455 section 10.2). A program may have to give
    an Origin though it knows no host to name, as with a UNIX socket; a browser always names one (RFC 9110 section 4.2.1).
    """
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    if origin and host and not is_same_origin(origin, host):
        raise PermissionDenied(f"cross-site request refused: its Origin is {origin}")
    if version < CHOOSES_STREAMS:
        asked = replace(asked, stdin=True, stdout=True, stderr=True)
    session = await engine.streams.attach(name, asked)
    if request.headers.get("upgrade", "").lower() != "websocket":
        raise InvalidArgument("this is a WebSocket endpoint: the request must ask for an upgrade to websocket")
    return WebSocketReply(session)


@router.get("/{name:path}/logs")
async def container_logs(
    name: str,
    engine: EngineOf,
    version: VersionOf,
    follow: Flag = False,
    stdout: Flag = False,
    stderr: Flag = False,
    since: str = "",
    until: str = "",
    timestamps: Flag = False,
    details: Flag = False,
    tail: str = "all",
) -> Response:
    """Send a container's log."""
    if not (stdout or stderr):
        raise InvalidArgument("must specify at least one of 'stdout' or 'stderr'")
    since_ns, until_ns = moment('"since"', since) or 0, moment('"until"', until) or 0
    session = await engine.streams.logs(name, LogRequest(stdout, stderr, since_ns, until_ns, _tail(tail), follow))
    line = line_encoder(terminal=session.terminal, timestamps=timestamps, details=details)
    return Streaming(_lines(session.batches, line), stream_type(version, terminal=session.terminal))


@router.post("/{name:path}/wait")
async def wait_container(name: str, engine: EngineOf, condition: str = "") -> Response:
    """Tell a container's exit code once it ends. The head goes out at once: clients start the container when they see it."""
    waiter = await engine.containers.wait(name, _condition(condition))
    return Streaming(_outcome(waiter))


@router.get("/{name:path}/stats")
async def container_stats(
    name: str,
    engine: EngineOf,
    version: VersionOf,
    stream: Flag = True,
    one_shot: Annotated[Flag, Query(alias="one-shot")] = False,
) -> Response:
    """Send a container's statistics, one object a second."""
    samples = await engine.streams.stats(name, stream=stream, one_shot=one_shot)
    return Streaming(_samples(samples, (await engine.system.info()).memory_total, version))


@router.post("/{name:path}/resize")
async def resize_container(name: str, engine: EngineOf, size: Resizing) -> Response:
    """Resize a container's terminal."""
    await engine.streams.resize(name, size.rows, size.columns)
    return Response()


async def _lines(
    batches: AsyncIterator[Sequence[LogRecord]], line: Callable[[Sequence[LogRecord]], bytes]
) -> AsyncGenerator[bytes, None]:
    async with closing(batches) as open_batches:
        async for batch in open_batches:
            yield line(batch)


async def _outcome(waiter: Waiter) -> AsyncGenerator[bytes, None]:
    result = await waiter.result()
    yield encode(WaitResponse(result.exit_code, WaitError(result.error)) if result.error else WaitResponse(result.exit_code))


async def _samples(samples: AsyncIterator[StatsSample], machine_memory: int, version: ApiVersion) -> AsyncGenerator[bytes, None]:
    async with closing(samples) as open_samples:
        async for sample in open_samples:
            yield encode(stats(sample, machine_memory, version))


def _tail(text: str) -> int | None:
    """Return how many lines are wanted; as in dockerd everything that is not a count means all."""
    return int(text) if _COUNT.fullmatch(text) else None


def _condition(text: str) -> WaitCondition:
    if not text:
        return WaitCondition.NOT_RUNNING
    try:
        return WaitCondition(text)
    except ValueError:
        raise InvalidArgument(f'invalid condition: "{text}"') from None
