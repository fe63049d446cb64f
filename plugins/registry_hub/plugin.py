"""Registration of the registry backend."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from plugins.registry_hub.settings import HubSettings
from sdk.drivers.registry import RegistryBackend
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, RegistryProvider
from sdk.registry.deferred import DeferredBackend

CONTRACT = ""
"""The suite needs more than the machine has: a registry to speak to."""


@asynccontextmanager
async def open_backend(_context: PluginContext, settings: HubSettings) -> AsyncIterator[RegistryBackend]:
    """Open the backend; its HTTP client is loaded and connections are made when the first registry is spoken to."""
    async with AsyncExitStack() as stack:

        def load() -> RegistryBackend:
            from plugins.registry_hub.backend import HubBackend  # noqa: PLC0415 - two MiB

            backend = HubBackend(settings)
            stack.push_async_callback(backend.close)
            return backend

        yield DeferredBackend(load)


@hookimpl
def provide_registry_backend() -> RegistryProvider[HubSettings]:
    """Provide the backend `hub`."""
    return RegistryProvider("hub", HubSettings, open_backend)
