"""Registration: BuildKit's protocol as the frontend named `buildkit`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.api_buildkit.frontend import BuildkitFrontend
from plugins.api_buildkit.settings import ApiBuildkitSettings
from sdk.hookspecs import hookimpl
from sdk.providers import FrontendProvider, PluginContext

CONTRACT = "plugins.api_buildkit.contract"


@asynccontextmanager
async def _open(context: PluginContext, settings: ApiBuildkitSettings) -> AsyncIterator[BuildkitFrontend]:
    yield BuildkitFrontend(settings, context.data_root)


@hookimpl
def provide_api_frontend() -> FrontendProvider[ApiBuildkitSettings]:
    """Provide BuildKit's protocol."""
    return FrontendProvider("buildkit", ApiBuildkitSettings, _open)
