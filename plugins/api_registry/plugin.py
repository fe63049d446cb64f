"""Registration: the OCI distribution protocol as the frontend named `registry`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.api_registry.frontend import RegistryFrontend
from plugins.api_registry.server import open_socket, serving
from plugins.api_registry.settings import RegistrySettings
from sdk.hookspecs import hookimpl
from sdk.providers import FrontendProvider, PluginContext


@asynccontextmanager
async def _open(context: PluginContext, settings: RegistrySettings) -> AsyncIterator[RegistryFrontend]:
    frontend = RegistryFrontend(settings)
    if not settings.address:
        yield frontend
        return
    sock = open_socket(settings)
    context.log.info("the registry is served on %s", settings.address)
    async with serving(frontend.serve, sock, settings):
        yield frontend


@hookimpl
def provide_api_frontend() -> FrontendProvider[RegistrySettings]:
    """Provide the distribution protocol."""
    return FrontendProvider("registry", RegistrySettings, _open)
