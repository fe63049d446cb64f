"""A caller has its answer by the deadline, whatever the driver does; nothing that ended well is lost."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import anyio.to_thread
import pytest

from core.kernel.slots.slot import STUCK_AT, Slot
from sdk.errors import DeadlineExceeded, DriverError, InvalidArgument, NoSuchSnapshot, Unavailable
from sdk.providers import Kind

pytestmark = pytest.mark.anyio

SOON = 0.05


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
    assert await slot.call("echo", 10, echo, 3, loud=True) == (3, True)
    assert slot.complaint == ""


@pytest.mark.parametrize(
    ("raised", "seen", "text"),
    [
        (NoSuchSnapshot("x"), NoSuchSnapshot, ""),
        (InvalidArgument("no"), InvalidArgument, "no"),
        (RuntimeError("boom"), DriverError, "overlay: m: boom"),
        (SystemExit(3), DriverError, "overlay: m: 3"),
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
        await slot.call("m", 10, fails)
    assert text in str(caught.value)


async def test_one_that_hears_the_deadline_is_not_overdue(slot: Slot) -> None:
    tidied = []

    async def slow() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            tidied.append(True)

    with pytest.raises(DeadlineExceeded, match=r'^storage driver "overlay" did not answer prepare in 0\.05 s$'):
        await slot.call("prepare", SOON, slow)
    assert tidied == [True]
    assert slot.complaint == ""


async def test_one_that_ends_well_at_its_deadline_has_its_result(slot: Slot) -> None:
    async def slow() -> int:
        try:
            await anyio.sleep_forever()
        except asyncio.CancelledError:
            return 7
        return 0

    assert await slot.call("prepare", SOON, slow) == 7


async def test_a_thread_that_hangs_holds_no_caller(
    slot: Slot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    with stuck() as driver:
        with pytest.raises(DeadlineExceeded):
            await slot.call("prepare", SOON, driver.prepare, "a")
        assert slot.complaint.startswith(
            'storage driver "overlay" (plugin storage_overlay) does not answer: 1 call is overdue (prepare), the oldest since '
        )
        assert slot.complaint in caplog.text
        assert await slot.call("echo", 10, echo, "b") == ("b", False)
    with anyio.fail_after(10):
        while slot.complaint:
            await anyio.sleep(0.01)
    assert "has ended prepare after" in caplog.text


async def test_a_stuck_driver_is_not_called_until_it_answers(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    with stuck() as driver:
        for number in range(STUCK_AT):
            with pytest.raises(DeadlineExceeded):
                await slot.call("prepare", SOON, driver.prepare, str(number))
        with pytest.raises(Unavailable, match=rf"does not answer: {STUCK_AT} calls are overdue \(prepare\)"):
            await slot.call("echo", 10, echo, "b")
    with anyio.fail_after(10):
        while slot.complaint:
            await anyio.sleep(0.01)
    assert await slot.call("echo", 10, echo, "b") == ("b", False)


async def test_a_call_comes_after_an_overdue_one_on_the_same_thing(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.kernel.slots.slot._GRACE_SECONDS", SOON)
    order: list[str] = []

    async def remove(key: str) -> None:
        order.append(f"remove {key}")

    with stuck() as driver:

        async def prepare(key: str) -> None:
            await driver.prepare(key)
            order.append(f"prepare {key}")

        with pytest.raises(DeadlineExceeded):
            await slot.call("prepare", SOON, prepare, "a")
        with pytest.raises(DeadlineExceeded, match="an earlier call is overdue"):
            await slot.call("remove", SOON, remove, "a")
        await slot.call("remove", SOON, remove, "b")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(slot.call, "remove", 10, remove, "a")
            await anyio.sleep(SOON)
            driver.gone_on.set()
    assert order[0] == "remove b"
    assert order[-1] == "remove a"


async def test_a_caller_that_goes_takes_the_call_along(slot: Slot) -> None:
    ended = anyio.Event()

    async def slow() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    with anyio.move_on_after(SOON) as scope:
        await slot.call("m", 10, slow)
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
        made.append(await slot.call("connect", 10, connect))
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
        made.append(await slot.call("connect", 10, connect))
        await asyncio.sleep(10)

    task = asyncio.get_running_loop().create_task(caller())
    await asyncio.sleep(SOON)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert made == [5]
