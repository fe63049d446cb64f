"""The engine itself: ping, version, info, events, disk usage, registry login."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from plugins.api_docker.bodies import GOT_EOF, decode
from plugins.api_docker.convert.disk_usage import CHOOSES_KINDS, KINDS, USAGE_BY_KIND, disk_usage, newer_disk_usage
from plugins.api_docker.convert.events import TELLS_CREATION, event_message
from plugins.api_docker.convert.system import info, version
from plugins.api_docker.json_streams import Frame, negotiate
from plugins.api_docker.models.images import AuthConfig, AuthResult
from plugins.api_docker.queries import EngineOf, Filtering, Flag, Texts, VersionOf, is_experimental, moment
from plugins.api_docker.registry_auth import credentials
from plugins.api_docker.replies import Streaming, closing, encode, json
from plugins.api_docker.versions import ApiVersion
from sdk.engine.system import EventsRequest
from sdk.errors import InvalidArgument
from sdk.events import Event, EventType

router = APIRouter()


@router.get("/_ping")
async def ping(request: Request) -> Response:
    """Answer OK, with what clients negotiate by."""
    return Response("OK", headers=_ping_headers(request), media_type="text/plain")


@router.head("/_ping")
async def ping_head(request: Request) -> Response:
    """Answer as GET does, without a body."""
    return Response(headers=_ping_headers(request), media_type="text/plain")


@router.get("/version")
async def show_version(request: Request, engine: EngineOf) -> Response:
    """Tell versions."""
    return json(version(await engine.system.info(), experimental=is_experimental(request)))


@router.get("/info")
async def show_info(request: Request, engine: EngineOf, asked: VersionOf) -> Response:
    """Tell the engine's state and abilities."""
    return json(info(await engine.system.info(), asked, experimental=is_experimental(request)))


@router.get("/events")
async def follow_events(
    request: Request, engine: EngineOf, asked: VersionOf, filters: Filtering, since: str = "", until: str = ""
) -> Response:
    """Send events: first those since a time, then as they happen."""
    since_ns, until_ns = moment("'since'", since), moment("'until'", until)
    if until_ns is not None and since_ns is not None and since_ns > until_ns:
        raise InvalidArgument(f"`since` time ({since}) cannot be after `until` time ({until})")
    content_type, frame = negotiate(request.headers.get("accept", ""), asked)
    events = await engine.system.events(EventsRequest(since_ns, until_ns, filters))
    return Streaming(_messages(events, asked, frame), content_type)


@router.get("/system/df")
async def show_disk_usage(
    request: Request,
    engine: EngineOf,
    asked: VersionOf,
    kinds: Annotated[Texts, Query(alias="type")] = [],  # noqa: B006 - FastAPI copies defaults
    verbose: Flag = False,
) -> Response:
    """Tell what takes disk space."""
    chosen = _chosen(kinds) if kinds and asked >= CHOOSES_KINDS else KINDS
    usage = await engine.system.disk_usage(chosen)
    summaries = request.app.state.summaries
    if asked < USAGE_BY_KIND:
        return json(disk_usage(usage, asked, summaries))
    return json(newer_disk_usage(usage, asked, summaries, chosen, verbose=verbose))


def _chosen(kinds: list[str]) -> frozenset[str]:
    for kind in kinds:
        if kind not in KINDS:
            raise InvalidArgument(f"unknown object type: {kind}")
    return frozenset(kinds)


@router.post("/auth")
async def log_in(request: Request, engine: EngineOf) -> Response:
    """Check a registry login."""
    login = credentials(await decode(request, AuthConfig, missing=GOT_EOF))
    return json(AuthResult("Login Succeeded", await engine.system.authenticate(login)))


def _ping_headers(request: Request) -> dict[str, str]:
    return {
        "Builder-Version": request.app.state.settings.builder_version,
        "Swarm": "inactive",
        "Cache-Control": "no-cache, no-store, must-revalidate",
        "Pragma": "no-cache",
    }


async def _messages(events: AsyncIterator[Event], version: ApiVersion, frame: Frame) -> AsyncGenerator[bytes, None]:
    async with closing(events) as open_events:
        async for event in open_events:
            if version >= TELLS_CREATION or event.type is not EventType.IMAGE or event.action != "create":
                yield frame(encode(event_message(event, version)))
