"""Frames over a socket: nothing is waited for, and a reader that does not read fills no memory."""

import asyncio
import socket

import pytest

from sdk.errors import Unavailable
from sdk.isolation.channel import Channel
from sdk.isolation.frames import Cancel, FromDaemon, Ping, Returned, encode, from_daemon

pytestmark = pytest.mark.anyio


class End:
    """One end, with what it got."""

    def __init__(self) -> None:
        self.frames: list[FromDaemon] = []
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.channel: Channel[FromDaemon] = Channel(from_daemon, self.frames.append, self.lost.set_result)


async def test_frames_arrive_in_order_and_the_end_is_told_once() -> None:
    here, there = socket.socketpair()
    one, other = End(), End()
    await one.channel.open(here)
    await other.channel.open(there)
    one.channel.send(Ping())
    one.channel.send(Cancel(3))
    one.channel.close()
    assert await other.lost == ""
    assert other.frames == [Ping(), Cancel(3)]
    assert await one.lost == ""
    one.channel.send(Ping())  # without effect
    one.channel.abort()


async def test_what_is_no_frame_ends_it_and_says_so() -> None:
    here, there = socket.socketpair()
    end = End()
    await end.channel.open(here)
    there.sendall(encode(Ping()) + encode(Returned(1, None)) + encode(Ping()))
    assert (await end.lost).startswith("it sent what is no frame: Invalid value 18")
    assert end.frames == [Ping()]
    there.close()


async def test_a_reader_that_does_not_read_is_told_nothing_more() -> None:
    here, there = socket.socketpair()
    end = End()
    await end.channel.open(here)
    frame = Returned(1, bytes(8 << 20))
    for _ in range(5):
        end.channel.send(frame)
    with pytest.raises(Unavailable, match="reads nothing"):
        end.channel.send(frame)
    end.channel.abort()
    await end.lost
    there.close()


async def test_a_channel_that_was_never_opened_does_nothing() -> None:
    channel = End().channel
    channel.send(Ping())
    channel.close()
    channel.abort()
