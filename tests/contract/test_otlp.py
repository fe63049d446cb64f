"""The observer contract, kept by otlp without a collector: a daemon must not notice."""

from collections.abc import AsyncIterator

import pytest

from plugins.otlp.plugin import provide_observer
from plugins.otlp.settings import OtlpSettings
from sdk.observer import Observer
from sdk.providers import PluginContext
from sdk.testing.contracts.observer import ObserverContract


class TestContract(ObserverContract):
    @pytest.fixture
    async def observer(self, anyio_backend: str, plugin_context: PluginContext) -> AsyncIterator[Observer]:
        async with provide_observer().open(plugin_context, OtlpSettings(endpoint="http://127.0.0.1:9")) as observer:
            yield observer
