"""The application: every route over one engine."""

from collections.abc import Awaitable

from starlette.datastructures import State
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from plugins.api_docker.convert.summaries import SummaryEncoder
from plugins.api_docker.errors import is_foreseen, no_such_route, reply_to
from plugins.api_docker.routes import (
    archive,
    build,
    containers,
    distribution,
    execs,
    images,
    networks,
    plugins,
    streams,
    swarm,
    system,
    transfer,
    volumes,
)
from plugins.api_docker.routing import Endpoint, RouteIndex
from plugins.api_docker.settings import ApiDockerSettings
from sdk.engine import Engine

_ROOMS = (containers, streams, execs, archive, system, images, transfer, networks, volumes, build, distribution, plugins, swarm)
ROUTERS = tuple(room.router for room in _ROOMS)


class Application:
    """Answers each request by its route, and every failure to make a reply with Docker's error object.

    Routes find the engine and what belongs to this application in its `state`. A failure after a reply has begun is the server's to handle.
    """

    def __init__(self, engine: Engine, settings: ApiDockerSettings) -> None:
        self.state = State({"engine": engine, "settings": settings, "summaries": SummaryEncoder()})
        self._routes = RouteIndex(route for router in ROUTERS for route in router.routes)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return the answer to one request. What no route serves is not found, for a wrong method too."""
        scope["app"] = self
        endpoint = self._routes.find(scope)
        return _answer(endpoint, scope, receive, send) if endpoint else no_such_route()(scope, receive, send)


async def _answer(endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        reply = await endpoint.call(Request(scope, receive, send))
    except Exception as error:
        await reply_to(error)(scope, receive, send)
        if is_foreseen(error):
            return
        raise  # the server logs it
    await reply(scope, receive, send)
