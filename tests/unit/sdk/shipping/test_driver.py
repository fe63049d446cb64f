"""What all drivers take that send logs elsewhere, and what is there before and after a log."""

import logging
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import anyio
import pytest

from sdk.drivers.logs import LogContext, LogDriver, LogRequest, RemoteLog, StdStream
from sdk.errors import InvalidArgument, Unavailable, Unsupported
from sdk.shipping import _log as shipped
from sdk.shipping import driver as shipping
from sdk.shipping.driver import ShippingDriver, open_shipping
from sdk.shipping.records import Record
from sdk.shipping.settings import ShippingSettings
from sdk.shipping.wire import Delivery, Patience, Protocol, Wire
from sdk.testing.context import plugin_context
from sdk.testing.contracts.logs import read

pytestmark = pytest.mark.anyio
OUT = StdStream.STDOUT


class Memory(Wire):
    """A receiver that may be away."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.away = False
        self.closed = 0

    def connect(self) -> None:
        if self.away:
            raise OSError("dial tcp h:1: connect: connection refused")

    def send(self, records: Sequence[Record]) -> None:
        if self.away:
            raise OSError("broken pipe")
        self.lines += [record.line for record in records]

    def close(self) -> None:
        self.closed += 1


class Stuck(Memory):
    """A receiver that does not answer a connection yet."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.connecting = 0

    def connect(self) -> None:
        self.connecting += 1
        assert self.go_on.wait(30)


class Example(Protocol):
    name = "example"
    options = frozenset({"example-address"})

    def __init__(self, wire: Wire, *, needs_receiver: bool = True) -> None:
        self._wire, self._needs = wire, needs_receiver

    def check(self, options: Mapping[str, str]) -> None:
        if options.get("example-address") == "bad":
            raise InvalidArgument("bad address")

    def delivery(self, context: LogContext) -> Delivery:
        return Delivery("example", lambda: self._wire, Patience(0.005, longest=0.01), needs_receiver=self._needs)


@pytest.fixture
def wire() -> Memory:
    return Memory()


@pytest.fixture
async def driver(wire: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LogDriver]:
    monkeypatch.setattr(shipping, "_AT_STOP", 0.05)
    async with open_shipping(plugin_context("log_example", tmp_path), ShippingSettings(), lambda: Example(wire)) as driver:
        yield driver


def opened(driver: LogDriver, directory: Path, **options: str) -> RemoteLog:
    log = driver.open(
        LogContext("c" * 64, "box", "image", directory, {key.replace("_", "-"): text for key, text in options.items()})
    )
    assert isinstance(log, RemoteLog)
    return log


async def until(condition) -> None:
    with anyio.fail_after(30):
        while not condition():
            await anyio.sleep(0.005)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"color": "red"}, "unknown log opt 'color' for example log driver"),
        ({"max-size": "1m"}, "unknown log opt 'max-size' for example log driver"),
        ({"mode": "quick"}, "logger: logging mode not supported: quick"),
        ({"cache-disabled": "perhaps"}, "invalid value for option cache-disabled: perhaps"),
        ({"cache-max-size": "lots"}, "invalid size: 'lots'"),
        ({"tag": "{{.Nobody}}"}, "can't evaluate field Nobody in type logger.Info"),
        ({"env-regex": "("}, "error parsing regexp: missing ): `(`"),
        ({"example-address": "bad"}, "bad address"),
    ],
)
async def test_options_that_are_refused(driver: LogDriver, options: Mapping[str, str], sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        driver.check(options)
    assert refused.value.message == sentence


async def test_options_that_are_taken(driver: LogDriver) -> None:
    cache = {"cache-disabled": "false", "cache-max-size": "1m", "cache-max-file": "2", "cache-compress": "true"}
    chosen = {"labels": "a", "labels-regex": "a", "env": "a", "env-regex": "a", "tag": "{{.ImageID}}", "example-address": "x"}
    driver.check({**cache, **chosen, "mode": "non-blocking", "max-buffer-size": "1m"})


async def test_a_log_is_sent_and_read_from_its_copy(driver: LogDriver, wire: Memory, tmp_path: Path) -> None:
    log = opened(driver, tmp_path)
    await log.reach()
    log.write(OUT, b"one\ntwo\n", 1)
    assert await read(log) == [b"one\n", b"two\n"]
    await until(lambda: wire.lines == [b"one", b"two"])
    assert log.path is None
    assert (tmp_path / "container-cached.log").is_file()
    log.remove()
    assert not (tmp_path / "container-cached.log").exists()


async def test_without_a_copy_there_is_nothing_to_read(driver: LogDriver, wire: Memory, tmp_path: Path) -> None:
    log = opened(driver, tmp_path, cache_disabled="true")
    position = log.position()
    log.write(OUT, b"one\n", 1)
    log.rewind(position)
    with pytest.raises(Unsupported, match=r"^configured logging driver does not support reading$"):
        log.read(LogRequest())
    log.close()
    await until(lambda: wire.lines == [b"one"])
    log.remove()
    assert not (tmp_path / "container-cached.log").exists()


async def test_a_receiver_that_is_not_there_refuses_the_start(driver: LogDriver, wire: Memory, tmp_path: Path) -> None:
    wire.away = True
    log = opened(driver, tmp_path)
    with pytest.raises(Unavailable, match=r"^dial tcp h:1: connect: connection refused$"):
        await log.reach()
    assert wire.closed == 1
    log.close()


async def test_a_receiver_that_need_not_be_there_may_come_later(wire: Memory, tmp_path: Path) -> None:
    wire.away = True
    context = plugin_context("log_example", tmp_path)
    async with open_shipping(context, ShippingSettings(), lambda: Example(wire, needs_receiver=False)) as driver:
        log = opened(driver, tmp_path)
        await log.reach()
        log.write(OUT, b"one\n", 1)
        log.close()
        wire.away = False
        await until(lambda: wire.lines == [b"one"])


async def test_what_comes_after_the_end_of_a_run_belongs_to_the_next(driver: LogDriver, wire: Memory, tmp_path: Path) -> None:
    log = opened(driver, tmp_path)
    for line in (b"one\n", b"two\n"):
        await log.reach()
        log.write(OUT, line, 1)
        log.close()
    await until(lambda: sorted(wire.lines) == [b"one", b"two"])
    assert await read(log) == [b"one\n", b"two\n"]


async def test_what_a_run_left_to_the_copy_ends_where_the_next_begins(driver: LogDriver, wire: Memory, tmp_path: Path) -> None:
    log = opened(driver, tmp_path, mode="non-blocking", max_buffer_size="1k")
    runs = [[b"%d of run %d%s" % (number, run, b"x" * 100) for number in range(20)] for run in (1, 2)]
    for lines in runs:
        wire.away = False
        await log.reach()
        wire.away = True
        for line in lines:
            log.write(OUT, line + b"\n", 1)
        log.close()
    wire.away = False
    await until(lambda: len(wire.lines) >= 40)
    assert sorted(wire.lines) == sorted(runs[0] + runs[1])


async def test_a_stop_waits_for_what_can_be_sent_and_tells_of_the_rest(
    wire: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shipped, "LINGER", 30.0)
    context = plugin_context("log_example", tmp_path)
    caplog.set_level(logging.WARNING)
    for away, lines in ((False, [b"one"]), (True, [])):
        wire.away, wire.lines = away, []
        monkeypatch.setattr(shipping, "_AT_STOP", 0.05 if away else 30.0)
        async with open_shipping(context, ShippingSettings(), lambda: Example(wire)) as driver:
            log = opened(driver, tmp_path)
            log.write(OUT, b"one\n", 1)
            log.close()
        assert wire.lines == lines
    assert any("1 records were dropped" in message for message in caplog.messages)


async def test_a_stop_does_not_wait_for_connections_that_are_being_made(tmp_path: Path) -> None:
    wire = Stuck()
    async with open_shipping(plugin_context("log_example", tmp_path), ShippingSettings(), lambda: Example(wire)) as driver:
        assert isinstance(driver, ShippingDriver)
        try:
            async with anyio.create_task_group() as reaching:
                for _ in range(45):
                    reaching.start_soon(opened(driver, tmp_path, cache_disabled="true").reach)
                await until(lambda: wire.connecting == 40)
                with anyio.fail_after(10):
                    await driver.finish()
                wire.go_on.set()
        finally:
            wire.go_on.set()


async def test_a_stop_knows_logs_that_were_connected_before_others_and_wrote_later(wire: Memory, tmp_path: Path) -> None:
    async with open_shipping(plugin_context("log_example", tmp_path), ShippingSettings(), lambda: Example(wire)) as driver:
        logs = [opened(driver, tmp_path, cache_disabled="true") for _ in range(3)]
        for log in logs:
            await log.reach()
        for log in logs:
            log.write(OUT, b"one\n", 1)
    assert wire.lines == [b"one"] * 3


async def test_what_the_buffer_has_no_room_for_is_sent_from_the_copy(driver: LogDriver, wire: Memory, tmp_path: Path) -> None:
    wire.away = True
    log = opened(driver, tmp_path, mode="non-blocking", max_buffer_size="1k", cache_max_size="10k", cache_max_file="100")
    expected = [b"%d%s" % (number, b"x" * 100) for number in range(1000)]
    for number, line in enumerate(expected):
        log.write(OUT if number % 3 else StdStream.STDERR, line + b"\n", 1 + number)
        if number == 500:
            wire.away = False
        if number % 100 == 0:
            await anyio.sleep(0.01)
    await until(lambda: len(wire.lines) == 1000)
    assert wire.lines == expected
    log.write(OUT, b"and on\n", 2000)
    await until(lambda: wire.lines[-1] == b"and on")
    assert len(wire.lines) == 1001
    log.close()


async def test_what_the_copy_does_not_keep_is_dropped_and_told(
    driver: LogDriver, wire: Memory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wire.away = True
    log = opened(driver, tmp_path, mode="non-blocking", max_buffer_size="1k", cache_max_size="5k", cache_max_file="2")
    for number in range(1000):
        log.write(OUT, b"%d%s\n" % (number, b"x" * 100), 1 + number)
    wire.away = False
    await until(lambda: wire.lines and wire.lines[-1].startswith(b"999x"))
    log.close()
    await until(lambda: any("records were dropped" in message for message in caplog.messages))
    dropped = sum(int(message.split()[-11]) for message in caplog.messages if "records were dropped" in message)
    assert len(wire.lines) + dropped == 1000


async def test_without_a_copy_the_buffer_is_all(driver: LogDriver, wire: Memory, tmp_path: Path) -> None:
    wire.away = True
    log = opened(driver, tmp_path, mode="non-blocking", max_buffer_size="1k", cache_disabled="true")
    for number in range(100):
        log.write(OUT, b"%d%s\n" % (number, b"x" * 100), 1)
    wire.away = False
    await until(lambda: wire.lines)
    await anyio.sleep(0.05)
    assert len(wire.lines) < 20
    log.close()
