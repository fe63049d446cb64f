"""The log contract, kept by log_fluentd: with a receiver, and with one that owes its answers."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from plugins.log_fluentd.plugin import open_driver
from plugins.log_fluentd.settings import FluentdSettings
from sdk.drivers.logs import LogDriver
from sdk.testing.context import plugin_context
from sdk.testing.contracts.logs import LogDriverContract
from tests.log_receivers import receiving, short_stop, unix


class TestDefault(LogDriverContract):
    @pytest.fixture
    async def driver(self, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LogDriver]:
        parent: Path = tmp_path_factory.mktemp("plugin")
        with short_stop():
            async with open_driver(plugin_context("log_fluentd", parent), FluentdSettings()) as driver:
                yield driver

    @pytest.fixture
    def options(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
        path = tmp_path_factory.mktemp("receiver") / "log"
        with receiving(unix(path)):
            yield {"fluentd-address": f"unix://{path}"}


class TestReceiverThatNeverAnswers(TestDefault):
    @pytest.fixture
    def options(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
        path = tmp_path_factory.mktemp("receiver") / "log"
        with receiving(unix(path)):
            yield {"fluentd-address": f"unix://{path}", "fluentd-request-ack": "true"}
