"""Registration: metrics as the frontend named `metrics`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.api_metrics.settings import MetricsSettings
from sdk.frontend import ApiFrontend
from sdk.hookspecs import hookimpl
from sdk.providers import FrontendProvider, PluginContext

CONTRACT = "plugins.api_metrics.contract"


@asynccontextmanager
async def _open(context: PluginContext, settings: MetricsSettings) -> AsyncIterator[ApiFrontend]:
    from plugins.api_metrics.frontend import MetricsFrontend  # noqa: PLC0415 - costs memory only where it is chosen

    frontend = MetricsFrontend(settings.labels)
    if not settings.address:
        yield frontend
        return
    from plugins.api_metrics.server import open_socket  # noqa: PLC0415 - costs memory only where there is such an address
    from sdk.serving import serving  # noqa: PLC0415 - costs memory only where there is such an address

    with open_socket(settings.address) as sock:
        context.log.info("metrics are served on %s", settings.address)
        async with serving(frontend.serve, sock):
            yield frontend


@hookimpl
def provide_api_frontend() -> FrontendProvider[MetricsSettings]:
    """Provide metrics."""
    return FrontendProvider("metrics", MetricsSettings, _open)
