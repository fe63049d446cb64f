import asyncio

import pytest

from plugins.api_buildkit.solve.once import cancelled_once

pytestmark = pytest.mark.anyio


async def test_what_tidies_up_is_not_cut_off() -> None:
    told: list[str] = []
    gate = asyncio.Event()

    async def job() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await gate.wait()
            told.append("tidy")

    task = asyncio.ensure_future(cancelled_once(job()))
    for _ in range(3):
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == ["tidy"]


async def test_a_result_and_an_error_come_through() -> None:
    async def fails() -> None:
        raise ValueError("no")

    assert await cancelled_once(asyncio.sleep(0, "yes")) == "yes"
    with pytest.raises(ValueError, match="no"):
        await cancelled_once(fails())
