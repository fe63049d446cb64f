"""The log contract, kept by log_syslog: with a receiver, with one that never reads, and without any."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from plugins.log_syslog.plugin import open_driver
from plugins.log_syslog.settings import SyslogSettings
from sdk.drivers.logs import LogDriver
from sdk.testing.context import plugin_context
from sdk.testing.contracts.logs import LogDriverContract
from tests.log_receivers import receiving, short_stop, unix


class TestDefault(LogDriverContract):
    reads = True

    @pytest.fixture
    async def driver(self, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LogDriver]:
        parent: Path = tmp_path_factory.mktemp("plugin")
        with short_stop():
            async with open_driver(plugin_context("log_syslog", parent), SyslogSettings()) as driver:
                yield driver

    @pytest.fixture
    def options(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
        path = tmp_path_factory.mktemp("receiver") / "log"
        with receiving(unix(path), reads=self.reads):
            yield {
                "syslog-address": f"unix://{path}",
                "syslog-format": "rfc5424micro",
                "cache-max-size": "20k",
                "cache-max-file": "100",
            }


class TestReceiverThatHangs(TestDefault):
    reads = False


class TestNoReceiver(TestDefault):
    @pytest.fixture
    def options(self) -> Mapping[str, str]:
        return {"syslog-address": "tcp://127.0.0.1:1"}
