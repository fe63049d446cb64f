"""The log contract, kept by log_gelf: by UDP, by TCP, and with a receiver that never reads."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from plugins.log_gelf.plugin import open_driver
from plugins.log_gelf.settings import GelfSettings
from sdk.drivers.logs import LogDriver
from sdk.testing.context import plugin_context
from sdk.testing.contracts.logs import LogDriverContract
from tests.log_receivers import receiving, short_stop, tcp, udp


class TestDefault(LogDriverContract):
    @pytest.fixture
    async def driver(self, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LogDriver]:
        parent: Path = tmp_path_factory.mktemp("plugin")
        with short_stop():
            async with open_driver(plugin_context("log_gelf", parent), GelfSettings()) as driver:
                yield driver

    @pytest.fixture
    def options(self) -> Iterator[Mapping[str, str]]:
        with receiving(udp) as receiver:
            yield {"gelf-address": f"udp://127.0.0.1:{receiver.port}"}


class TestStream(TestDefault):
    reads = True

    @pytest.fixture
    def options(self) -> Iterator[Mapping[str, str]]:
        with receiving(tcp(), reads=self.reads) as receiver:
            yield {"gelf-address": f"tcp://127.0.0.1:{receiver.port}"}


class TestReceiverThatHangs(TestStream):
    reads = False
