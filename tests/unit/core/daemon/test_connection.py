"""A raw connection over a transport that notes what is done to it, and over real sockets where the kernel is asked."""

import asyncio
import socket
from collections.abc import Iterator

import anyio
import pytest

from core.daemon import connection as connection_module
from core.daemon.connection import RawConnection

pytestmark = pytest.mark.anyio


class Wire(asyncio.Transport):
    """A transport over one end of a socket pair; what is written goes to the kernel at once."""

    def __init__(self, own: socket.socket, *, half_closes: bool = True) -> None:
        super().__init__()
        self._own, self._half_closes = own, half_closes
        self.calls: list[str] = []
        self.closed = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._own if name == "socket" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._own.send(data)

    def can_write_eof(self) -> bool:
        return self._half_closes

    def write_eof(self) -> None:
        self.calls.append("eof")

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    def close(self) -> None:
        self.calls.append("close")
        self.closed = True

    def abort(self) -> None:
        self.calls.append("abort")
        self.closed = True


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(0)
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def wire(pair: tuple[socket.socket, socket.socket]) -> Wire:
    return Wire(pair[0])


async def test_input_is_read_in_order_then_the_end_then_the_loss(wire: Wire) -> None:
    raw = RawConnection(wire)
    raw.feed(b"one")
    raw.feed(b"two")
    assert await raw.read() == b"onetwo"
    raw.feed(b"three")
    raw.feed_eof()
    assert [await raw.read(), await raw.read()] == [b"three", b""]
    assert not raw.closed
    with anyio.move_on_after(0.01) as waiting:
        await raw.read()
    assert waiting.cancelled_caught, "after the end it waits for the loss"
    raw.feed(b"came before the loss")
    raw.lose()
    assert raw.closed
    assert await raw.read() == b"came before the loss"
    with pytest.raises(ConnectionResetError, match="the client closed the connection"):
        await raw.read()


async def test_a_client_that_sends_much_is_paused_until_it_is_read(wire: Wire) -> None:
    raw = RawConnection(wire)
    raw.feed(b"x" * (256 << 10))
    assert wire.calls == []
    raw.feed(b"x")
    assert wire.calls == ["pause"]
    assert len(await raw.read()) == (256 << 10) + 1
    assert wire.calls == ["pause", "resume"]


async def test_writers_wait_while_the_client_is_slow(wire: Wire, pair: tuple[socket.socket, socket.socket]) -> None:
    raw, written = RawConnection(wire), []
    raw.pause()

    async def write() -> None:
        await raw.write(b"data")
        written.append(True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        await anyio.wait_readable(pair[1])
        await asyncio.sleep(0)
        assert written == []
        raw.resume()
    assert (written, pair[1].recv(10)) == ([True], b"data")


@pytest.mark.parametrize("gone", [lambda raw, wire: raw.lose(), lambda raw, wire: wire.close()])
async def test_nothing_is_written_to_a_client_that_is_gone(wire: Wire, gone) -> None:
    raw = RawConnection(wire)
    gone(raw, wire)
    with pytest.raises(ConnectionResetError, match="the client closed the connection"):
        await raw.write(b"data")


async def test_the_first_output_waits_until_the_head_is_read(
    wire: Wire, pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "_HEAD_SECONDS", 1000.0)
    raw, (ours, theirs) = RawConnection(wire), pair
    ours.send(b"HEAD")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(raw.write, b"first")
        await anyio.sleep(0.02)
        assert theirs.recv(100) == b"HEAD"
    assert theirs.recv(100) == b"first"
    ours.send(b"more")
    await raw.write(b"second")
    assert theirs.recv(100) == b"moresecond", "and the next ones do not wait"


async def test_who_never_reads_the_head_waits_no_longer_than_a_moment(
    wire: Wire, pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "_HEAD_SECONDS", 0.01)
    raw, (ours, theirs) = RawConnection(wire), pair
    ours.send(b"HEAD")
    with anyio.fail_after(20):
        await raw.write(b"first")
    assert theirs.recv(100) == b"HEADfirst"


async def test_closing_lets_the_client_see_the_end_and_drops_what_it_still_sends(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "_LINGER_SECONDS", 0.01)
    raw = RawConnection(wire)
    raw.feed(b"unread")
    raw.close()
    raw.close()
    assert wire.calls == ["eof", "resume"]
    raw.feed(b"dropped" * 100_000)
    assert wire.calls == ["eof", "resume"]
    with anyio.fail_after(20):
        while not wire.closed:
            await anyio.sleep(0.005)
    assert wire.calls == ["eof", "resume", "close"]


async def test_closing_is_done_at_once_when_the_client_has_ended_too(wire: Wire) -> None:
    raw = RawConnection(wire)
    raw.feed_eof()
    raw.close()
    assert wire.calls == ["eof", "close"]
    raw.lose()


async def test_the_clients_end_after_ours_closes(wire: Wire) -> None:
    raw = RawConnection(wire)
    raw.close()
    raw.feed_eof()
    assert wire.calls == ["eof", "resume", "close"]
    raw.lose()


async def test_what_cannot_be_half_closed_is_closed(pair: tuple[socket.socket, socket.socket]) -> None:
    wire = Wire(pair[0], half_closes=False)
    raw = RawConnection(wire)
    raw.write_eof()
    raw.close()
    assert wire.calls == ["close"]


async def test_what_is_lost_is_closed_no_more(wire: Wire) -> None:
    raw = RawConnection(wire)
    raw.lose()
    raw.close()
    assert wire.calls == []


async def test_a_client_that_dies_after_its_end_is_found_by_asking(
    wire: Wire, pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "_HANGUP_CHECK_SECONDS", 0.005)
    raw = RawConnection(wire)
    pair[1].shutdown(socket.SHUT_WR)
    raw.feed_eof()
    await anyio.sleep(0.02)
    assert wire.calls == [], "it may still read"
    pair[1].close()
    with anyio.fail_after(20):
        while not wire.closed:
            await anyio.sleep(0.005)
    assert wire.calls == ["abort"]
    raw.lose()
