"""Work in the background: whatever goes wrong in one piece, the others go on."""

import logging

import anyio
import pytest

from core.background import Background
from sdk.tracing import Recording, Step, is_traced

pytestmark = pytest.mark.anyio


async def test_work_that_fails_is_logged_and_ends_alone(caplog):
    done = anyio.Event()

    async def goes_wrong(value: str) -> None:
        raise AttributeError(value)

    async def goes_on() -> None:
        await anyio.wait_all_tasks_blocked()
        done.set()

    async with anyio.create_task_group() as tasks:
        background = Background(tasks)
        background.start("container 1: its health check", goes_wrong, "no task")
        background.start("container 2: its health check", goes_on)
        with anyio.fail_after(30):
            await done.wait()

    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "container 1: its health check failed")
    assert "AttributeError: no task" in caplog.text


async def test_work_ends_with_its_group():
    async with anyio.create_task_group() as tasks:
        Background(tasks).start("sleeping", anyio.sleep_forever)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert tasks.cancel_scope.cancel_called


async def test_work_belongs_to_no_trace_of_the_request_that_began_it():
    traced: list[bool] = []

    async def work() -> None:
        traced.append(is_traced())

    async with anyio.create_task_group() as tasks:
        with Step(Recording(1, 10), 0, "request", {}):
            Background(tasks).start("work", work)
            assert is_traced()
    assert traced == [False]
