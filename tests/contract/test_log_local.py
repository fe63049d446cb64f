"""The log contract, kept by log_local: as it comes, in one endless file, and rotated and compressed all the time."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from plugins.log_local.driver import open_driver
from plugins.log_local.settings import LocalLogSettings
from sdk.drivers.logs import LogDriver
from sdk.testing.context import plugin_context
from sdk.testing.contracts.logs import LogDriverContract


class TestDefault(LogDriverContract):
    @pytest.fixture
    async def driver(self, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LogDriver]:
        parent: Path = tmp_path_factory.mktemp("plugin")
        async with open_driver(plugin_context("log_local", parent), LocalLogSettings()) as driver:
            yield driver


class TestEndless(TestDefault):
    @pytest.fixture
    def options(self) -> Mapping[str, str]:
        return {"max-size": "-1", "compress": "false"}


class TestRotated(TestDefault):
    @pytest.fixture
    def options(self) -> Mapping[str, str]:
        return {"max-size": "20k", "max-file": "100", "compress": "true"}
