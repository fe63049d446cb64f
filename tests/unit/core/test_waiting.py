"""Waiting ends with the task, with the time, or with who waits, and leaves the task as it is."""

import asyncio
import time

import anyio
import pytest

from core.waiting import ended

pytestmark = pytest.mark.anyio


async def test_it_returns_at_once_when_the_task_has_ended() -> None:
    began = time.monotonic()
    task: asyncio.Task[object] = asyncio.create_task(asyncio.sleep(0, "x"))
    for _ in range(2):
        await ended(task, 100)
        assert task.result() == "x"
    assert time.monotonic() - began < 50


async def test_a_task_that_fails_or_is_cancelled_has_ended() -> None:
    async def fail() -> None:
        raise ValueError

    failing, cancelled = asyncio.create_task(fail()), asyncio.create_task(asyncio.sleep(1000))
    cancelled.cancel()
    for task in (failing, cancelled):
        await ended(task, 100)
        assert task.done()
    assert isinstance(failing.exception(), ValueError)


@pytest.mark.parametrize("leaves", [False, True], ids=["late", "cancelled"])
async def test_a_task_that_does_not_end_goes_on(leaves: bool) -> None:
    task = asyncio.create_task(asyncio.sleep(1000))
    with anyio.move_on_after(0.01 if leaves else 100) as scope:
        await ended(task, 100 if leaves else 0.01)
    assert (scope.cancelled_caught, task.done()) == (leaves, False)
    task.cancel()
