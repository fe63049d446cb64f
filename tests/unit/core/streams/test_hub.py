"""Output reaches every subscriber in order, and a slow one is felt."""

import anyio
import pytest

from core.streams.hub import OutputHub
from sdk.drivers.logs import StdStream

OUT, ERR = StdStream.STDOUT, StdStream.STDERR


@pytest.mark.anyio
async def test_subscribers_get_their_streams_in_order_until_the_end():
    hub = OutputHub()
    both, errors = hub.subscribe(OUT, ERR), hub.subscribe(ERR)
    for stream, chunk in ((OUT, b"1"), (ERR, b"2"), (OUT, b"3")):
        assert hub.publish(stream, chunk) is False
    hub.finish()
    assert [item async for item in both] == [(OUT, b"1"), (ERR, b"2"), (OUT, b"3")]
    assert [item async for item in errors] == [(ERR, b"2")]


@pytest.mark.anyio
async def test_a_full_queue_asks_for_a_pause_and_tells_when_it_is_over():
    hub, resumed = OutputHub(), anyio.Event()
    slow = hub.subscribe(OUT)
    assert hub.publish(OUT, b"x" * (1 << 20)) is False
    assert hub.publish(OUT, b"y") is True
    hub.once_relieved(resumed.set)
    hub.finish()
    iterator = aiter(slow)
    await anext(iterator)
    assert resumed.is_set()


@pytest.mark.anyio
async def test_leaving_relieves_the_others():
    hub, resumed = OutputHub(), anyio.Event()
    slow = hub.subscribe(OUT)
    assert hub.publish(OUT, b"x" * (2 << 20)) is True
    hub.once_relieved(resumed.set)
    slow.close()
    assert resumed.is_set()
    assert hub.publish(OUT, b"more") is False


@pytest.mark.anyio
async def test_who_takes_nothing_while_others_wait_has_stalled():
    hub = OutputHub()
    lost = hub.subscribe(OUT)
    hub.publish(OUT, b"x" * (2 << 20))
    with anyio.fail_after(20):
        await lost.stalled(0.05)


@pytest.mark.anyio
@pytest.mark.parametrize("chunk", [b"x", b"x" * (2 << 20)])
async def test_who_is_merely_slow_or_has_little_to_take_has_not(chunk):
    hub = OutputHub()
    slow = hub.subscribe(OUT)
    hub.publish(OUT, chunk)
    with anyio.move_on_after(1) as waiting:
        async with anyio.create_task_group() as tasks:
            if len(chunk) > 1:
                tasks.start_soon(take_slowly, hub, slow, chunk)
            await slow.stalled(0.5)
    assert waiting.cancelled_caught


async def take_slowly(hub, subscription, chunk):
    async for _ in subscription:
        hub.publish(OUT, chunk)
        await anyio.sleep(0.02)
