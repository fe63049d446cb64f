"""Registration of the registry backend."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings
from sdk.drivers.registry import RegistryBackend
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, RegistryProvider


@asynccontextmanager
async def open_backend(_context: PluginContext, settings: HubSettings) -> AsyncIterator[RegistryBackend]:
    """Open the backend; connections are made when the first registry is spoken to."""
    backend = HubBackend(settings)
    try:
        yield backend
    finally:
        await backend.close()


@hookimpl
def provide_registry_backend() -> RegistryProvider[HubSettings]:
    """Provide the backend `hub`."""
    return RegistryProvider("hub", HubSettings, open_backend)
