"""Registration: the OCI distribution protocol as the frontend named `registry`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.api_registry.settings import RegistrySettings
from sdk.frontend import ApiFrontend
from sdk.hookspecs import hookimpl
from sdk.providers import FrontendProvider, PluginContext

CONTRACT = "plugins.api_registry.contract"


@asynccontextmanager
async def _open(context: PluginContext, settings: RegistrySettings) -> AsyncIterator[ApiFrontend]:
    from plugins.api_registry.frontend import RegistryFrontend  # noqa: PLC0415 - costs memory only where it is chosen

    frontend = RegistryFrontend(settings)
    if not settings.address:
        yield frontend
        return
    from plugins.api_registry.server import open_socket  # noqa: PLC0415 - costs memory only where there is such an address
    from sdk.serving import serving  # noqa: PLC0415 - costs memory only where there is such an address

    with open_socket(settings) as sock:
        context.log.info("the registry is served on %s", settings.address)
        async with serving(frontend.serve, sock, settings.certificate, settings.key):
            yield frontend


@hookimpl
def provide_api_frontend() -> FrontendProvider[RegistrySettings]:
    """Provide the distribution protocol."""
    return FrontendProvider("registry", RegistrySettings, _open)
