"""The contract of every frontend, kept by "live": its tests run it, and so does `core plugin check frontend_live`."""

from collections.abc import AsyncIterator

import pytest

from core_frontend_live.plugin import provide_api_frontend
from sdk.frontend import ApiFrontend
from sdk.providers import PluginContext
from sdk.testing.contracts.frontend import FrontendContract, Probe


class TestLive(FrontendContract):
    @pytest.fixture
    def probe(self) -> Probe:
        return Probe("/live", 200)

    @pytest.fixture
    async def frontend(self, anyio_backend: str, plugin_context: PluginContext) -> AsyncIterator[ApiFrontend]:
        provider = provide_api_frontend()
        async with provider.open(plugin_context, provider.settings()) as frontend:
            yield frontend
