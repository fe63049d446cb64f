"""A thread that reads ahead hands over everything in order, its errors too, and no more than a few chunks ahead."""

import threading
import time

import pytest

from core.archives.readahead import ReadAhead


class Source:
    """Chunks, or errors to raise in their place; `taken` counts how many were asked for."""

    def __init__(self, *items: bytes | Exception) -> None:
        self._items = list(items)
        self.taken = 0
        self.thread = 0

    def read(self, _size: int, /) -> bytes:
        self.thread = threading.get_ident()
        self.taken += 1
        item = self._items.pop(0) if self._items else b""
        if isinstance(item, Exception):
            raise item
        return item


def test_chunks_come_in_order_and_the_end_stays() -> None:
    source = Source(b"one", b"two")
    ahead = ReadAhead(source)
    assert [ahead.read(1) for _ in range(4)] == [b"one", b"two", b"", b""]
    assert source.thread != threading.get_ident()


def test_an_error_comes_after_what_was_read_before_it() -> None:
    ahead = ReadAhead(Source(b"one", EOFError("cut off")))
    assert ahead.read(1) == b"one"
    with pytest.raises(EOFError, match="cut off"):
        ahead.read(1)


def test_it_reads_only_a_little_ahead() -> None:
    """A source that is faster than its reader must not fill the memory."""
    source = Source(*[b"x"] * 100)
    ahead = ReadAhead(source)
    deadline = time.monotonic() + 20
    while source.taken < 9 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    assert source.taken == 9
    assert b"".join(iter(lambda: ahead.read(1), b"")) == b"x" * 100
