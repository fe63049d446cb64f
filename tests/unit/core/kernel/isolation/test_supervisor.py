"""A supervised driver, in a real process: calls find the process there is, and how it ends is told to those whom it concerns."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.abc import TaskGroup

from core.config import ConfigurationError
from core.kernel.isolation import deaths, supervisor
from core.kernel.isolation.opening import Asked, opened
from core.kernel.isolation.standings import read_standings
from core.kernel.slots.facade import slotted
from core.kernel.slots.slot import Slot
from sdk.drivers.volume import VolumeDriver
from sdk.errors import DeadlineExceeded, SkipPlugin, Unavailable
from sdk.providers import Kind, PluginContext

pytestmark = pytest.mark.anyio

NAME = 'volume driver "odd" (plugin odd)'


class Bench:
    def __init__(self, context: PluginContext) -> None:
        self.context = context
        self.in_line: list[object] = []
        self.complaint: Callable[[], str] = str
        self.is_overdue: Callable[[], bool] = bool

    @property
    def root(self) -> Path:
        return self.context.exec_root

    async def resynchronise(self, driver: object) -> None:
        assert isinstance(driver, VolumeDriver)
        self.in_line.append((await driver.create("x", {})).created_ns)

    def _overdue(self) -> bool:
        return self.is_overdue()

    @asynccontextmanager
    async def open(self, behaviour: str = "") -> AsyncIterator[VolumeDriver]:
        asked = Asked(
            Kind.VOLUME, NAME, ("tests.odd_volumes", "provide_volume_driver"), {"open": behaviour}, self.root, self._overdue
        )
        async with opened(asked, self.context, self.resynchronise) as (driver, self.complaint):
            assert isinstance(driver, VolumeDriver)
            yield driver


@pytest.fixture
def bench(plugin_context: PluginContext) -> Bench:
    return Bench(plugin_context)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin the next process also on a busy machine before a call has waited too long."""
    monkeypatch.setattr(supervisor, "PATIENCE", 60.0)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def pid_of(driver: VolumeDriver) -> int:
    return (await driver.create("x", {})).created_ns


async def until(condition: Callable[[], object]) -> None:
    with anyio.fail_after(30):
        while not condition():
            await anyio.sleep(0.02)


async def test_a_call_that_comes_while_there_is_no_process_waits_for_the_next(bench: Bench) -> None:
    async with bench.open() as driver:
        before = await pid_of(driver)
        assert before == read_standings(bench.root)[0].standing.pid
        os.kill(before, signal.SIGKILL)
        after = await pid_of(driver)
        assert after != before
        assert bench.in_line == [after]
        assert bench.complaint() == (
            f"the process of {NAME} ended once within 2 minutes, the last time killed by signal 9 (SIGKILL); it runs again"
        )
        (kept,) = read_standings(bench.root)
        assert (kept.standing.pid, kept.standing.ends) == (after, 1)
    with pytest.raises(Unavailable, match="does not run"):
        await driver.list()


@pytest.mark.parametrize(
    ("name", "how"),
    [("exit:the last word", "ended with exit status 3: the last word"), ("kill", r"was killed by signal 9 \(SIGKILL\)")],
)
async def test_a_call_whose_process_ends_is_made_again_once_if_that_is_safe(bench: Bench, name: str, how: str) -> None:
    """`get` does it once, and then is well; `create`, which is idempotent too, does it again."""
    async with bench.open() as driver:
        assert (await driver.get(name)).created_ns in bench.in_line
        with pytest.raises(Unavailable, match=f"ended in create: {how}"):
            await driver.create(name, {})


async def test_a_call_that_is_not_idempotent_is_not_made_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdk.isolation.methods.is_idempotent", lambda _method: False)
    from sdk.isolation.proxies import _class_of

    _class_of.cache_clear()
    async with bench.open() as driver:
        with pytest.raises(Unavailable, match=r"volume driver \"odd\" \(plugin odd\) ended in get: was killed by signal 9"):
            await driver.get("kill")
        assert (await driver.get("kill")).created_ns in bench.in_line
    _class_of.cache_clear()


async def test_a_driver_that_ends_again_and_again_has_failed_and_is_tried_again_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(deaths, "TOO_MANY", 2)
    later, sleep = anyio.Event(), anyio.sleep

    async def pause(seconds: float) -> None:
        await (later.wait() if seconds == deaths.FAILED_PAUSE else sleep(seconds))

    monkeypatch.setattr(supervisor.anyio, "sleep", pause)
    async with bench.open() as driver:
        os.kill(await pid_of(driver), signal.SIGKILL)
        os.kill(await pid_of(driver), signal.SIGKILL)
        await until(lambda: "has failed" in bench.complaint())
        with anyio.fail_after(20), pytest.raises(Unavailable, match="has failed: its process ended"):
            await driver.list()
        (kept,) = read_standings(bench.root)
        assert kept.standing.failed
        later.set()
        await until(lambda: len(bench.in_line) == 2)
        await until(lambda: "has failed" not in bench.complaint())
        assert await pid_of(driver) == bench.in_line[-1]
    assert "has failed: its process ended" in caplog.text


async def test_calls_do_not_wait_for_ever(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE", 0.2)
    monkeypatch.setattr(deaths, "FIRST_PAUSE", 60.0)
    async with bench.open() as driver:
        os.kill(await pid_of(driver), signal.SIGKILL)
        with pytest.raises(Unavailable, match=r"does not run: its process was killed by signal 9 \(SIGKILL\); it is begun again"):
            await driver.list()


async def test_an_event_loop_that_hangs_is_ended_and_shows_where(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "PING_SECONDS", 0.3)
    caplog.set_level(logging.INFO)
    async with bench.open() as driver:
        assert (await driver.get("block:600")).created_ns in bench.in_line
    assert "hangs: its event loop does not answer; its process is ended" in caplog.text
    assert "odd_volumes.py" in caplog.text
    assert "killed by signal 6 (SIGABRT): it hung: its event loop does not answer" in caplog.text


async def test_a_driver_whose_calls_are_long_overdue_is_ended_and_shows_where_they_hang(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A thread that hangs cannot be ended in the daemon; in a process of its own it can."""
    monkeypatch.setattr(supervisor, "PING_SECONDS", 0.3)
    caplog.set_level(logging.INFO)
    slot = Slot(Kind.VOLUME, "odd", "odd", {"create": 0.2})
    async with bench.open() as driver:
        bench.is_overdue = lambda: slot.complaint != ""
        view = slotted(slot, driver)
        with pytest.raises(DeadlineExceeded, match=r"did not answer create in 0\.2 s"):
            await view.create("thread:600", {})
        await until(lambda: bench.in_line)
        await until(lambda: not slot.complaint)
        assert (await view.create("x", {})).created_ns == bench.in_line[0]
    assert "hangs: calls are long overdue; its process is ended" in caplog.text
    assert "in _hang" in caplog.text


async def test_a_driver_that_cannot_be_brought_in_line_serves_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(_driver: object) -> None:
        raise RuntimeError("out of line")

    monkeypatch.setattr(bench, "resynchronise", fails)
    async with bench.open() as driver:
        os.kill(await pid_of(driver), signal.SIGKILL)
        await pid_of(driver)
    assert f"{NAME} could not be brought in line" in caplog.text


async def test_a_driver_that_does_not_open_the_next_time_is_tried_again(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    async with bench.open() as driver:
        data_root = bench.context.data_root
        aside = data_root.with_name("aside")
        before = await pid_of(driver)
        data_root.rename(aside)
        os.kill(before, signal.SIGKILL)
        await until(lambda: "it is begun again" in bench.complaint())
        aside.rename(data_root)
        assert await pid_of(driver) != before


@pytest.mark.parametrize(
    ("behaviour", "error", "why"),
    [
        ("skip", SkipPlugin, "not on this machine"),
        ("raise", Unavailable, "RuntimeError: it does not want to"),
        ("exit:no", Unavailable, "its process ended with exit status 3: no"),
    ],
)
async def test_a_driver_that_does_not_open_at_first_says_why(
    bench: Bench, behaviour: str, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        async with bench.open(behaviour):
            pass
    assert read_standings(bench.root) == []


async def test_a_driver_that_does_not_come_to_an_end_of_opening_is_killed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "OPENING_SECONDS", 1.0)
    with pytest.raises(Unavailable, match="did not open the driver in 1 s"):
        async with bench.open("sleep:600"):
            pass


async def test_a_driver_with_what_cannot_be_asked_elsewhere_is_refused_by_name(plugin_context: PluginContext) -> None:
    hook = ("plugins.volume_legacy.plugin", "provide_volume_driver")
    asked = Asked(Kind.VOLUME, NAME, hook, {}, plugin_context.exec_root, lambda: False)

    async def nothing(_driver: object) -> None: ...

    with pytest.raises(ConfigurationError, match=r"plugin odd\) cannot be isolated: its method find is not asynchronous"):
        async with opened(asked, plugin_context, nothing):
            pass


async def test_a_process_that_was_just_begun_ends_with_the_driver(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    async def takes_long(driver: object) -> None:
        assert isinstance(driver, VolumeDriver)
        begun.append(os.pidfd_open(await pid_of(driver)))
        await anyio.sleep(600)

    monkeypatch.setattr(bench, "resynchronise", takes_long)
    async with bench.open() as driver:
        os.kill(await pid_of(driver), signal.SIGKILL)
        await until(lambda: begun)
    with anyio.fail_after(20):
        await anyio.wait_readable(begun[0])
    os.close(begun[0])


async def test_one_that_a_real_time_signal_killed_is_begun_again(bench: Bench) -> None:
    async with bench.open() as driver:
        before = await pid_of(driver)
        os.kill(before, signal.SIGRTMIN + 6)
        assert await pid_of(driver) != before
        assert f"killed by signal {signal.SIGRTMIN + 6} (real-time)" in bench.complaint()


async def _stopped_with_its_connection_full(driver: VolumeDriver, tasks: TaskGroup) -> int:
    """Stop the process and send it more than may wait for it."""
    pid = await pid_of(driver)
    os.kill(pid, signal.SIGSTOP)
    for _ in range(3):
        tasks.start_soon(driver.remove, "y" * (12 << 20))
    await anyio.wait_all_tasks_blocked()
    with pytest.raises(Unavailable, match="reads nothing"):
        await driver.list()
    return pid


async def test_one_that_reads_nothing_is_ended_and_begun_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "PING_SECONDS", 0.5)
    async with bench.open() as driver:
        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:  # the calls are made again
                before = await _stopped_with_its_connection_full(driver, tasks)
        assert await pid_of(driver) == bench.in_line[0] != before
    assert "hangs: its event loop does not answer; its process is ended" in caplog.text


async def test_one_that_reads_nothing_is_ended_with_the_daemon(bench: Bench) -> None:
    async with anyio.create_task_group() as tasks:
        async with bench.open() as driver:
            pidfd = os.pidfd_open(await _stopped_with_its_connection_full(driver, tasks))
            tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True), anyio.fail_after(20):
            await anyio.wait_readable(pidfd)
    os.close(pidfd)
    assert not [each for each in asyncio.all_tasks() if "keep" in repr(each.get_coro())]


async def test_one_that_cannot_be_watched_is_ended_and_begun_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PING_SECONDS", 0.3)

    def raises() -> bool:
        bench.is_overdue = bool
        raise RuntimeError("it cannot be told")

    async with bench.open() as driver:
        before = await pid_of(driver)
        bench.is_overdue = raises
        await until(lambda: bench.in_line)
        assert await pid_of(driver) != before
        assert "ended, as it could not be watched: RuntimeError: it cannot be told" in bench.complaint()


async def test_one_that_has_failed_stays_so_until_it_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deaths, "TOO_MANY", 1)
    monkeypatch.setattr(deaths, "WINDOW", 0.2)
    async with bench.open() as driver:
        os.kill(await pid_of(driver), signal.SIGKILL)
        await until(lambda: "has failed" in bench.complaint())
        await anyio.sleep(0.4)
        with pytest.raises(Unavailable, match="has failed: its process ended"):
            await driver.list()


async def test_what_others_read_of_a_driver_that_is_well_again_complains_of_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PING_SECONDS", 0.1)
    monkeypatch.setattr(supervisor, "PINGS", 10_000)
    async with bench.open() as driver:
        os.kill(await pid_of(driver), signal.SIGKILL)
        await pid_of(driver)
        (kept,) = read_standings(bench.root)
        assert kept.standing.complaint.endswith("it runs again")
        monkeypatch.setattr(deaths, "WINDOW", 0.0)
        await until(lambda: not read_standings(bench.root)[0].standing.complaint)
        (kept,) = read_standings(bench.root)
        assert (kept.standing.ends, kept.standing.last) == (1, "killed by signal 9 (SIGKILL)")


async def test_tries_that_do_not_open_the_driver_are_made_less_and_less_often(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a process that ran long; and they are no failure at once."""
    monkeypatch.setattr(deaths, "HEALTHY", 0.0)
    monkeypatch.setattr(deaths, "TOO_MANY", 2)
    paused, sleep = [], anyio.sleep

    async def noted(seconds: float) -> None:
        paused.append(seconds)
        await sleep(seconds)

    async with bench.open() as driver:
        before = await pid_of(driver)
        with monkeypatch.context() as broken, anyio.fail_after(60):
            broken.setattr(sys, "executable", "/no such program")
            broken.setattr(supervisor.anyio, "sleep", noted)
            os.kill(before, signal.SIGKILL)
            while len(paused) < 4:
                await sleep(0.02)
        assert await pid_of(driver) != before
    assert paused[:4] == [0.1, 0.2, 0.4, 0.8]
