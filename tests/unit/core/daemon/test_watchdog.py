"""What holds the event loop is named, and what only waits for the machine is not."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from core.daemon.watchdog import HELD, Watchdog

LIMIT = 0.4


def spins_for(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass


def gives_way_for(seconds: float) -> None:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        time.sleep(0)


def run_watched(main: Callable[[], object], use_uvloop: bool) -> None:
    """Run a coroutine function on a loop that is watched closely."""

    async def watched() -> None:
        watchdog = Watchdog(asyncio.get_running_loop(), limit=LIMIT, period=0.02)
        thread = threading.Thread(target=watchdog.run)
        thread.start()
        try:
            await main()
        finally:
            watchdog.stop()
            await asyncio.to_thread(thread.join)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop if use_uvloop else None) as runner:
        runner.run(watched())


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def use_uvloop(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records if HELD in record.getMessage()]


def test_a_callback_that_spins_is_named_once(use_uvloop: bool, told: Callable[[], list[str]]) -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(spins_for, 4 * LIMIT)
        await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)

    run_watched(main, use_uvloop)
    (warning,) = told()
    assert warning.startswith("spins_for in ")
    assert "test_watchdog.py" in warning


def test_a_coroutine_that_opens_a_pipe_nobody_writes_to_is_named(
    tmp_path: Path, use_uvloop: bool, told: Callable[[], list[str]]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write_at_last() -> None:
        deadline = time.monotonic() + 30
        while not told() and time.monotonic() < deadline:
            time.sleep(0.02)
        pipe.write_bytes(b"x")

    async def main() -> None:
        writer = threading.Thread(target=write_at_last)
        writer.start()
        assert pipe.read_bytes() == b"x"
        await asyncio.to_thread(writer.join)

    run_watched(main, use_uvloop)
    assert len(told()) == 1
    assert "pipe.read_bytes()" in told()[0]


def test_many_short_callbacks_are_not_one_long_one(use_uvloop: bool, told: Callable[[], list[str]]) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(40):
            loop.call_soon(spins_for, LIMIT / 10)
        await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)

    run_watched(main, use_uvloop)
    assert told() == []


def test_a_loop_that_waits_is_free(use_uvloop: bool, told: Callable[[], list[str]]) -> None:
    run_watched(lambda: asyncio.sleep(3 * LIMIT), use_uvloop)
    assert told() == []


def test_a_coroutine_that_yields_is_free(use_uvloop: bool, told: Callable[[], list[str]]) -> None:
    async def main() -> None:
        began = time.thread_time()
        while time.thread_time() - began < 2 * LIMIT:
            spins_for(0.02)
            await asyncio.sleep(0)

    run_watched(main, use_uvloop)
    assert told() == []


def test_waiting_for_pythons_lock_does_not_count(use_uvloop: bool, told: Callable[[], list[str]]) -> None:
    """Four threads spin beside; the callback itself uses less than the limit, and takes far longer."""

    async def main() -> None:
        stop = threading.Event()

        def spin() -> None:
            while not stop.is_set():
                sum(range(1000))

        threads = [threading.Thread(target=spin) for _ in range(4)]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        spins_for(LIMIT / 2)
        assert time.monotonic() - began > LIMIT / 2
        stop.set()
        for thread in threads:
            await asyncio.to_thread(thread.join)

    run_watched(main, use_uvloop)
    assert told() == []


def test_waiting_for_a_thread_that_keeps_pythons_lock_does_not_count(use_uvloop: bool, told: Callable[[], list[str]]) -> None:
    """A thread that spins in C gives the lock away a few times a second; the callback gives it back at once and waits again."""

    async def main() -> None:
        stop = threading.Event()

        def spin() -> None:
            while not stop.is_set():
                sum(range(4_000_000))

        thread = threading.Thread(target=spin)
        thread.start()
        asyncio.get_running_loop().call_soon(gives_way_for, 5 * LIMIT)
        await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        stop.set()
        await asyncio.to_thread(thread.join)

    run_watched(main, use_uvloop)
    assert told() == []
