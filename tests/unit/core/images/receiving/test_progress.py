import asyncio

import pytest

from core.images.receiving.progress import Meter, Report, reported
from sdk.engine.images import Progress

pytestmark = pytest.mark.anyio


async def test_everything_reported_is_yielded_in_order_before_the_error() -> None:
    async def job(report: Report) -> None:
        report(Progress("one"))
        await asyncio.sleep(0)
        report(Progress("two"))
        raise ValueError("broken")

    steps = reported(job)
    assert [(await anext(steps)).status for _ in range(2)] == ["one", "two"]
    with pytest.raises(ValueError, match="broken"):
        await anext(steps)


async def test_closing_cancels_the_job_and_waits_for_its_end() -> None:
    tidied = []

    async def job(report: Report) -> None:
        report(Progress("started"))
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            tidied.append(True)

    steps = reported(job)
    assert (await anext(steps)).status == "started"
    await steps.aclose()
    assert tidied


async def test_a_cancelled_reader_cancels_the_job() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def job(_report: Report) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def read() -> None:
        async for _progress in reported(job):
            pass

    reader = asyncio.ensure_future(read())
    await begun.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert ended.is_set()


def test_a_meter_does_not_chatter() -> None:
    said: list[Progress] = []
    meter = Meter(said.append, "Downloading", "abc", 1000)
    for position in range(1000):
        meter.show(position)
    assert said[0] == Progress("Downloading", "abc", 0, 1000)
    assert len(said) < 5
