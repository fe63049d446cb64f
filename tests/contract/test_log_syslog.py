"""The log contract, kept by log_syslog: with a receiver, with one that never reads, and without any."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import anyio.to_thread
import pytest

from plugins.log_syslog.plugin import open_driver
from plugins.log_syslog.settings import SyslogSettings
from sdk.drivers.logs import LogContext, LogDriver, RemoteLog, StdStream
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


@pytest.mark.anyio
async def test_a_slow_receiver_gets_all_in_order_and_one_that_dies_gets_the_rest_when_it_is_back(tmp_path: Path) -> None:
    options = {
        "syslog-address": f"unix://{tmp_path}/log",
        "mode": "non-blocking",
        "max-buffer-size": "16k",
        "cache-max-size": "100k",
    }
    lines = [b"%d %s\n" % (number, b"x" * 90) for number in range(6000)]
    async with open_driver(plugin_context("log_syslog", tmp_path), SyslogSettings()) as driver:
        with receiving(unix(tmp_path / "log")) as receiver:
            receiver.pause = 0.002
            log = driver.open(LogContext("c" * 64, "box", "image", tmp_path, {**options, "cache-max-file": "100"}))
            assert isinstance(log, RemoteLog)
            await log.reach()
            for number, line in enumerate(lines[:3000]):
                log.write(StdStream.STDOUT, line, 1 + number)
            got = [int(line.split()[-2]) for line in await anyio.to_thread.run_sync(receiver.wait_for_lines, 3000)]
            assert got == list(range(3000))
        for number, line in enumerate(lines[3000:]):
            log.write(StdStream.STDOUT, line, 4000 + number)
        with receiving(unix(tmp_path / "log")) as receiver:
            got = [int(line.split()[-2]) for line in await anyio.to_thread.run_sync(receiver.wait_for_lines, 3000)]
            assert got == list(range(3000, 6000))
        log.close()


class TestNoReceiver(TestDefault):
    @pytest.fixture
    def options(self) -> Mapping[str, str]:
        return {"syslog-address": "tcp://127.0.0.1:1"}
