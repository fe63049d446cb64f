"""Registration of the layout backend."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.registry_layout.settings import LayoutSettings
from sdk.drivers.registry import RegistryBackend
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, RegistryProvider
from sdk.registry.deferred import DeferredBackend

CONTRACT = ""
"""The suite needs more than the machine has: directories with layouts in them."""


@asynccontextmanager
async def open_backend(_context: PluginContext, settings: LayoutSettings) -> AsyncIterator[RegistryBackend]:
    """Open the backend; directories and archives are looked at when they are asked for, so that a medium may be plugged in later."""

    def load() -> RegistryBackend:
        from plugins.registry_layout.backend import LayoutBackend  # noqa: PLC0415 - costs memory only where hosts are configured

        return LayoutBackend(settings)

    yield DeferredBackend(load, frozenset(settings.hosts))


@hookimpl
def provide_registry_backend() -> RegistryProvider[LayoutSettings]:
    """Provide the backend `layout`, which serves the hosts of its settings beside the chosen backend."""
    return RegistryProvider("layout", LayoutSettings, open_backend, frozenset({"hosts"}))
