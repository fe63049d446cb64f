"""The log contract, kept by log_journald: with a socket that takes entries as the journal does."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plugins.log_journald.plugin import open_driver
from plugins.log_journald.settings import JournaldSettings
from sdk.drivers.logs import LogDriver
from sdk.testing.context import plugin_context
from sdk.testing.contracts.logs import LogDriverContract
from tests.log_receivers import receiving, short_stop, unix


class TestDefault(LogDriverContract):
    @pytest.fixture
    async def driver(self, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LogDriver]:
        parent: Path = tmp_path_factory.mktemp("plugin")
        with short_stop(), receiving(unix(parent / "socket", socket.SOCK_DGRAM)):
            async with open_driver(plugin_context("log_journald", parent), JournaldSettings(socket=parent / "socket")) as driver:
                yield driver
