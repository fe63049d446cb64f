"""Jobs that tell how they go, and readers that stop listening."""

import gc
from collections.abc import Callable
from contextlib import aclosing

import anyio
import pytest

from sdk.reporting import reported

pytestmark = pytest.mark.anyio


async def test_what_is_reported_comes_in_order_and_the_failure_last() -> None:
    async def job(report: Callable[[int], None]) -> None:
        report(1)
        await anyio.sleep(0)
        report(2)
        raise ValueError("3")

    steps = reported(job)
    assert [await anext(steps), await anext(steps)] == [1, 2]
    with pytest.raises(ValueError, match="3"):
        await anext(steps)


async def test_a_reader_that_leaves_cancels_the_job_and_waits_until_it_has_tidied_up() -> None:
    ended = []

    async def job(report: Callable[[int], None]) -> None:
        report(1)
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            ended.append(True)

    async with aclosing(reported(job)) as steps:
        await anext(steps)
    assert ended == [True]


async def test_a_failure_after_the_reader_left_is_nothing_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    failed = anyio.Event()

    async def job(report: Callable[[int], None]) -> None:
        report(1)
        report(2)
        failed.set()
        raise ValueError("a registry was not reached")

    async with aclosing(reported(job)) as steps:
        await anext(steps)
        await failed.wait()
    gc.collect()
    assert caplog.records == []
