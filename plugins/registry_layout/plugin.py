"""Registration of the layout backend."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.registry_layout.backend import LayoutBackend
from plugins.registry_layout.settings import LayoutSettings
from sdk.drivers.registry import RegistryBackend
from sdk.hookspecs import hookimpl
from sdk.providers import PluginContext, RegistryProvider


@asynccontextmanager
async def open_backend(_context: PluginContext, settings: LayoutSettings) -> AsyncIterator[RegistryBackend]:
    """Open the backend; directories and archives are looked at when they are asked for, so that a medium may be plugged in later."""
    yield LayoutBackend(settings)


@hookimpl
def provide_registry_backend() -> RegistryProvider[LayoutSettings]:
    """Provide the backend `layout`, which serves the hosts of its settings beside the chosen backend."""
    return RegistryProvider("layout", LayoutSettings, open_backend, frozenset({"hosts"}))
