"""A peer that sends too slowly is given up; one that is read slowly is not."""

from collections.abc import AsyncIterator

import anyio
import pytest

from sdk.errors import Unavailable
from sdk.pace import not_too_slow

pytestmark = pytest.mark.anyio


async def sending(*chunks: bytes, pause: float = 0) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await anyio.sleep(pause)
        yield chunk


async def test_chunks_are_passed_on_as_they_are(anyio_backend_name: str) -> None:
    assert [chunk async for chunk in not_too_slow(sending(b"a", b"", b"b"), 10**9, 60, "peer")] == [b"a", b"", b"b"]
    assert [chunk async for chunk in not_too_slow(sending(), 1, 0, "peer")] == []


async def test_a_slow_peer_is_named(anyio_backend_name: str) -> None:
    with pytest.raises(Unavailable, match=r"^peer sends less than 1000 bytes a second$"):
        async for _ in not_too_slow(sending(*[b"x"] * 100, pause=0.01), 1000, 0.03, "peer"):
            pass


async def test_the_readers_time_does_not_count(anyio_backend_name: str) -> None:
    received = b""
    async for chunk in not_too_slow(sending(b"x" * 10, b"y" * 10), 100, 0.2, "peer"):
        await anyio.sleep(0.25)
        received += chunk
    assert len(received) == 20
