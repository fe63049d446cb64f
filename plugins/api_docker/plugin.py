"""Registration: the Docker Engine API as the frontend named `docker`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.api_docker.frontend import DockerFrontend
from plugins.api_docker.settings import ApiDockerSettings
from sdk.hookspecs import hookimpl
from sdk.providers import FrontendProvider, PluginContext

CONTRACT = "plugins.api_docker.contract"


@asynccontextmanager
async def _open(context: PluginContext, settings: ApiDockerSettings) -> AsyncIterator[DockerFrontend]:
    del context
    yield DockerFrontend(settings)


@hookimpl
def provide_api_frontend() -> FrontendProvider[ApiDockerSettings]:
    """Provide the Docker Engine API."""
    return FrontendProvider("docker", ApiDockerSettings, _open)
