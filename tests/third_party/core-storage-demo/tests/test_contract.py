"""The storage contract, kept by this driver. Needs root."""

import pytest
from core_storage_demo.plugin import provide_storage_driver

from sdk.providers import PluginContext
from sdk.testing.contracts.storage import OpenDriver, StorageDriverContract


class TestDemoDriver(StorageDriverContract):
    @pytest.fixture
    def open_driver(self, plugin_context: PluginContext) -> OpenDriver:
        provider = provide_storage_driver()
        return lambda: provider.open(plugin_context, provider.settings())
