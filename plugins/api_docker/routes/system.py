"""The engine itself: ping, version, info, events, disk usage, registry login."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from plugins.api_docker.bodies import GOT_EOF, decode
from plugins.api_docker.convert.events import event_message
from plugins.api_docker.convert.system import disk_usage, info, version
from plugins.api_docker.models.images import AuthConfig, AuthResult
from plugins.api_docker.queries import EngineOf, Filtering, Texts, VersionOf, moment
from plugins.api_docker.registry_auth import credentials
from plugins.api_docker.replies import Streaming, closing, encode, json
from sdk.engine.system import EventsRequest
from sdk.errors import InvalidArgument
from sdk.events import Event

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
async def show_version(engine: EngineOf) -> Response:
    """Tell versions."""
    return json(version(await engine.system.info()))


@router.get("/info")
async def show_info(engine: EngineOf, asked: VersionOf) -> Response:
    """Tell the engine's state and abilities."""
    return json(info(await engine.system.info(), asked))


@router.get("/events")
async def follow_events(engine: EngineOf, filters: Filtering, since: str = "", until: str = "") -> Response:
    """Send events: first those since a time, then as they happen."""
    since_ns, until_ns = moment("'since'", since), moment("'until'", until)
    if until_ns is not None and since_ns is not None and since_ns > until_ns:
        raise InvalidArgument(f"`since` time ({since}) cannot be after `until` time ({until})")
    return Streaming(_messages(await engine.system.events(EventsRequest(since_ns, until_ns, filters))))


@router.get("/system/df")
async def show_disk_usage(
    request: Request,
    engine: EngineOf,
    asked: VersionOf,
    kinds: Annotated[Texts, Query(alias="type")] = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Tell what takes disk space."""
    usage = await engine.system.disk_usage(frozenset(kinds))
    return json(disk_usage(usage, asked, request.app.state.summaries))


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


async def _messages(events: AsyncIterator[Event]) -> AsyncGenerator[bytes, None]:
    async with closing(events) as open_events:
        async for event in open_events:
            yield encode(event_message(event))
