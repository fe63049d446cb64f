"""Pipes that carry archives between the event loop and a worker."""

import os
from collections.abc import AsyncIterator, Iterator

import anyio
import pytest

from core.archives.pipes import Pipe, chunks, feed

pytestmark = pytest.mark.anyio


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    with Pipe() as made:
        yield made


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def test_what_is_fed_arrives_whole_however_large(pipe: Pipe) -> None:
    content = [b"", os.urandom(3 << 20), b"end"]
    received: list[bytes] = []

    async def read() -> None:
        received.extend([chunk async for chunk in chunks(pipe.reader)])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        assert await feed(pipe.writer, pieces(*content)) is True
        pipe.close_writer()
    assert b"".join(received) == b"".join(content)


async def test_feeding_ends_when_the_other_side_reads_no_more(pipe: Pipe) -> None:
    pipe.close_reader()
    asked = []

    async def content() -> AsyncIterator[bytes]:
        for number in range(5):
            asked.append(number)
            yield b"x"

    assert await feed(pipe.writer, content()) is False
    assert asked == [0]


async def test_a_writer_that_waits_learns_that_the_reader_has_gone(pipe: Pipe) -> None:
    async with anyio.create_task_group() as tasks:

        async def go() -> None:
            await anyio.wait_readable(pipe.reader)
            pipe.close_reader()

        tasks.start_soon(go)
        assert await feed(pipe.writer, pieces(bytes(5 << 20))) is False


def test_ends_are_closed_once(pipe: Pipe) -> None:
    """A descriptor's number is given to the next file that is opened: to close it twice would close that."""
    pipe.close_reader()
    taken = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    try:
        pipe.close_reader()
        assert os.fstat(taken)
    finally:
        os.close(taken)


def test_leaving_closes_both_ends() -> None:
    with Pipe() as made:
        ends = (made.reader, made.writer)
    for end in ends:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(end)
