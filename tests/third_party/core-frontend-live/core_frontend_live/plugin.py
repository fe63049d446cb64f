"""Registers the frontend "live"."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core_frontend_live.frontend import LiveFrontend
from core_frontend_live.settings import Settings
from sdk.frontend import ApiFrontend
from sdk.hookspecs import hookimpl
from sdk.providers import FrontendProvider, PluginContext

API_VERSION = (1, 0)
CONTRACT = "core_frontend_live.contract"


@asynccontextmanager
async def open_frontend(context: PluginContext, settings: Settings) -> AsyncIterator[ApiFrontend]:
    """Open the frontend, which has nothing to close."""
    yield LiveFrontend(settings.path)


@hookimpl
def provide_api_frontend() -> FrontendProvider[Settings]:
    return FrontendProvider("live", Settings, open_frontend)
