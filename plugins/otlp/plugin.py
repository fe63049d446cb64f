"""Registration: the exporter as the observer named `otlp`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.otlp.settings import OtlpSettings
from sdk.hookspecs import hookimpl
from sdk.observer import Observer
from sdk.providers import ObserverProvider, PluginContext


@asynccontextmanager
async def _open(context: PluginContext, settings: OtlpSettings) -> AsyncIterator[Observer]:
    from plugins.otlp.running import running  # noqa: PLC0415 - costs memory only where it is chosen

    async with running(context, settings) as observer:
        yield observer


@hookimpl
def provide_observer() -> ObserverProvider[OtlpSettings]:
    """Provide the exporter of traces."""
    return ObserverProvider("otlp", OtlpSettings, _open)
