"""A peer that sends too slowly is given up; one that is read slowly is not."""

from collections.abc import AsyncIterator

import anyio
import pytest

from sdk.errors import Unavailable
from sdk.pace import not_too_slow

pytestmark = pytest.mark.anyio


class Clock:
    """Goes when it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("sdk.pace.time", made)
    return made


async def sending(clock: Clock, *chunks: bytes, pause: float = 0) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await anyio.sleep(0)
        clock.now += pause
        yield chunk


async def test_chunks_are_passed_on_as_they_are(clock: Clock) -> None:
    assert [chunk async for chunk in not_too_slow(sending(clock, b"a", b"", b"b"), 10**9, 60, "peer")] == [b"a", b"", b"b"]
    assert [chunk async for chunk in not_too_slow(sending(clock), 1, 0, "peer")] == []


async def test_a_slow_peer_is_named(clock: Clock) -> None:
    with pytest.raises(Unavailable, match=r"^peer sends less than 1000 bytes a second$"):
        assert not [chunk async for chunk in not_too_slow(sending(clock, *[b"x"] * 100, pause=0.5), 1000, 2, "peer")]
    assert clock.now == 102, "as soon as the time is over"


async def test_one_that_is_just_fast_enough_is_read_to_its_end(clock: Clock) -> None:
    sent = sending(clock, *[b"x" * 500] * 100, pause=0.5)
    assert len(b"".join([chunk async for chunk in not_too_slow(sent, 1000, 2, "peer")])) == 50_000


async def test_the_readers_time_does_not_count(clock: Clock) -> None:
    received = b""
    async for chunk in not_too_slow(sending(clock, b"x" * 10, b"y" * 10, pause=0.1), 100, 0.2, "peer"):
        clock.now += 60
        received += chunk
    assert len(received) == 20
