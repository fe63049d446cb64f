"""A caller has its answer by the deadline, whatever the driver does; nothing that ended well is lost."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import anyio.to_thread
import pytest

from core.kernel.slots.slot import STUCK_AT, Slot
from sdk.drivers.runtime import RunningProcess
from sdk.errors import DeadlineExceeded, DriverError, InvalidArgument, NoSuchSnapshot, Unavailable
from sdk.providers import Kind

pytestmark = pytest.mark.anyio

SOON = 0.05


@pytest.fixture
def slot() -> Slot:
    return Slot(Kind.STORAGE, "overlay", "storage_overlay")


class Stuck:
    """Methods of a driver whose threads hear nothing until `let_go`."""

    def __init__(self) -> None:
        self.gone_on = threading.Event()

    async def prepare(self, key: str) -> str:
        await anyio.to_thread.run_sync(self.gone_on.wait, limiter=anyio.CapacityLimiter(1))
        return key


@contextmanager
def stuck() -> Iterator[Stuck]:
    driver = Stuck()
    try:
        yield driver
    finally:
        driver.gone_on.set()


async def echo(value: object, *, loud: bool = False) -> object:
    await anyio.sleep(0)
    return (value, loud)


async def test_it_hands_on_arguments_and_the_result(slot: Slot) -> None:
    assert await slot.call("echo", 10, echo, None, 3, loud=True) == (3, True)
    assert slot.complaint == ""


@pytest.mark.parametrize(
    ("raised", "seen", "text"),
    [
        (NoSuchSnapshot("x"), NoSuchSnapshot, ""),
        (InvalidArgument("no"), InvalidArgument, "no"),
        (RuntimeError("boom"), DriverError, "overlay: m: boom"),
        (SystemExit(3), DriverError, "overlay: m: SystemExit: 3"),
        (OSError(5, "x"), DriverError, "overlay: m: input/output error"),
        (asyncio.CancelledError(), DriverError, "overlay: m: the driver cancelled itself"),
    ],
)
async def test_what_a_driver_raises_is_an_error_of_the_engine(
    slot: Slot, raised: BaseException, seen: type[Exception], text: str
) -> None:
    async def fails() -> None:
        raise raised

    with pytest.raises(seen) as caught:
        await slot.call("m", 10, fails, None)
    assert text in str(caught.value)


async def test_one_that_hears_the_deadline_is_not_overdue(slot: Slot) -> None:
    tidied = []

    async def slow() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            tidied.append(True)

    with pytest.raises(DeadlineExceeded, match=r'^storage driver "overlay" did not answer prepare in 0\.05 s$'):
        await slot.call("prepare", SOON, slow, None)
    assert tidied == [True]
    assert slot.complaint == ""


async def test_one_that_ends_well_at_its_deadline_has_its_result(slot: Slot) -> None:
    async def slow() -> int:
        try:
            await anyio.sleep_forever()
        except asyncio.CancelledError:
            return 7
        return 0

    assert await slot.call("prepare", SOON, slow, None) == 7


async def test_a_thread_that_hangs_holds_no_caller(
    slot: Slot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    with stuck() as driver:
        with pytest.raises(DeadlineExceeded):
            await slot.call("prepare", SOON, driver.prepare, None, "a")
        assert slot.complaint.startswith(
            'storage driver "overlay" (plugin storage_overlay) does not answer: 1 call is overdue (prepare), the oldest since '
        )
        assert slot.complaint in caplog.text
        assert await slot.call("echo", 10, echo, None, "b") == ("b", False)
    with anyio.fail_after(30):
        while slot.complaint:
            await anyio.sleep(0.01)
    assert "has ended prepare after" in caplog.text


async def test_a_stuck_driver_is_not_called_until_it_answers(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    with stuck() as driver:
        for number in range(STUCK_AT):
            with pytest.raises(DeadlineExceeded):
                await slot.call("prepare", SOON, driver.prepare, None, str(number))
        with pytest.raises(Unavailable, match=rf"does not answer: {STUCK_AT} calls are overdue \(prepare\)"):
            await slot.call("echo", 10, echo, None, "b")
    with anyio.fail_after(30):
        while slot.complaint:
            await anyio.sleep(0.01)
    assert await slot.call("echo", 10, echo, None, "b") == ("b", False)


async def test_a_call_comes_after_an_overdue_one_on_the_same_thing(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    order: list[str] = []

    async def note(key: str) -> None:
        order.append(key)

    with stuck() as driver:
        with pytest.raises(DeadlineExceeded):
            await slot.call("prepare", SOON, driver.prepare, None, "a")
        with pytest.raises(DeadlineExceeded):
            await slot.call("mounts", SOON, note, None, "a")
        await slot.call("mounts", 10, note, None, "b")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(slot.call, "mounts", 10, note, None, "a")
            await anyio.sleep(SOON)
            assert order == ["b"]
            driver.gone_on.set()
    assert order == ["b", "a"], "what its caller was told is not done is not done"


class Process(Stuck, RunningProcess):
    """One of a runtime's; what it does not do here is abstract."""

    async def pids(self) -> str:
        return await self.prepare("")

    async def signal(self, number: int) -> None:
        """Done at once."""


class Driver:
    """Whose methods name what they work on, or nothing."""

    def __init__(self, stuck: Stuck) -> None:
        self._stuck = stuck

    async def status(self) -> str:
        return await self._stuck.prepare("")

    async def list(self) -> None:
        """Done at once."""

    async def remove(self, key: str) -> None:
        """Done at once."""


async def test_one_process_waits_for_none_of_another(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    """All processes of a runtime are called through its slot, and most of their methods take no name."""
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    monkeypatch.setattr(Process, "__abstractmethods__", frozenset())
    one, other = Process(), Process()
    other.gone_on.set()
    try:
        with pytest.raises(DeadlineExceeded):
            await slot.call("pids", SOON, one.pids, None)
        assert await slot.call("pids", 10, other.pids, None) == ""
        await slot.call("signal", 10, other.signal, None, 9)
        with pytest.raises(DeadlineExceeded):
            await slot.call("signal", SOON, one.signal, None, 9)
    finally:
        one.gone_on.set()


async def test_a_method_that_names_nothing_waits_for_itself_alone(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    with stuck() as hanging:
        driver = Driver(hanging)
        with pytest.raises(DeadlineExceeded):
            await slot.call("status", SOON, driver.status, None)
        await slot.call("list", 10, driver.list, None)
        await slot.call("remove", 10, driver.remove, None, "a")
        with pytest.raises(DeadlineExceeded):
            await slot.call("status", SOON, driver.status, None)


@pytest.mark.parametrize("overdue", [1, STUCK_AT])
async def test_what_takes_away_is_done_in_the_end(slot: Slot, overdue: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    removed: list[str] = []

    async def remove(key: str) -> None:
        await anyio.sleep(0)
        removed.append(key)

    with stuck() as driver:
        for number in range(overdue):
            with pytest.raises(DeadlineExceeded):
                await slot.call("prepare", SOON, driver.prepare, None, str(number))
        with pytest.raises(DeadlineExceeded):
            await slot.call("remove", SOON, remove, None, "0")
        assert removed == []
    with anyio.fail_after(30):
        while slot.complaint:
            await anyio.sleep(0.01)
    assert removed == ["0"]


async def test_a_caller_that_goes_takes_the_call_along(slot: Slot) -> None:
    ended = anyio.Event()

    async def slow() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    with anyio.move_on_after(SOON) as scope:
        await slot.call("m", 10, slow, None)
    assert scope.cancelled_caught
    assert ended.is_set()


async def test_a_result_at_the_moment_of_the_cancellation_is_not_lost(slot: Slot) -> None:
    """A sandbox that was made must be let go: its caller learns of it, and is cancelled at the next step."""
    made: list[int] = []

    async def connect() -> int:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(2 * SOON)
        return 5

    with anyio.move_on_after(SOON) as scope:
        made.append(await slot.call("connect", 10, connect, None))
        await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert made == [5]


async def test_a_task_that_is_cancelled_plainly_has_the_result_too(slot: Slot) -> None:
    made: list[int] = []

    async def connect() -> int:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(2 * SOON)
        return 5

    async def caller() -> None:
        made.append(await slot.call("connect", 10, connect, None))
        await asyncio.sleep(10)

    task = asyncio.get_running_loop().create_task(caller())
    await asyncio.sleep(SOON)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert made == [5]


async def test_what_comes_after_the_caller_was_told_is_undone(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next call on the same thing comes after that, so that it finds nothing half undone."""
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    order: list[object] = []

    async def undo(returned: str, key: str) -> None:
        await anyio.sleep(SOON)
        order.append(("undo", returned, key))

    async def again(key: str) -> None:
        order.append(("again", key))

    with stuck() as driver:
        with pytest.raises(DeadlineExceeded):
            await slot.call("prepare", SOON, driver.prepare, undo, "a")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(slot.call, "prepare", 10, again, None, "a")
            await anyio.sleep(SOON)
            driver.gone_on.set()
    assert order == [("undo", "a", "a"), ("again", "a")]
    assert slot.complaint == ""


async def test_what_came_in_time_is_not_undone(slot: Slot) -> None:
    async def undo(*_args: object) -> None:
        raise AssertionError

    assert await slot.call("echo", 10, echo, undo, 3) == (3, False)


async def test_a_call_that_is_a_little_late_does_not_hang(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process would be ended, and with it all other calls."""
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", 0.0)
    with stuck() as driver:
        with pytest.raises(DeadlineExceeded):
            await slot.call("prepare", 0.5, driver.prepare, None, "a")
        (call,) = slot._overdue
        assert slot.complaint
        call.began += 3600  # whatever this machine is busy with
        assert not slot.hangs
        now = time.time()
        monkeypatch.setattr("core.kernel.slots.slot.time.time", lambda: now + 7200)  # the administrator sets the clock
        assert not slot.hangs
        call.began -= 3602
        assert slot.hangs
    with anyio.fail_after(30):
        while slot.complaint:
            await anyio.sleep(0.01)
    assert not slot.hangs
