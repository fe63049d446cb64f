"""The application: every route over one engine."""

from fastapi import FastAPI

from plugins.api_docker.convert.summaries import SummaryEncoder
from plugins.api_docker.errors import install_handlers
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
from plugins.api_docker.routing import RouteIndex
from plugins.api_docker.settings import ApiDockerSettings
from sdk.engine import Engine

_ROOMS = (containers, streams, execs, archive, system, images, transfer, networks, volumes, build, distribution, plugins, swarm)
ROUTERS = tuple(room.router for room in _ROOMS)


def create_app(engine: Engine, settings: ApiDockerSettings) -> FastAPI:
    """Return the application. Routes find the engine and what belongs to this application in its state."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.engine = engine
    app.state.settings = settings
    app.state.summaries = SummaryEncoder()
    install_handlers(app)
    app.routes.append(RouteIndex(route for router in ROUTERS for route in router.routes))
    return app
