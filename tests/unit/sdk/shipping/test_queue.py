"""What waits for a receiver: bounded, counted, and given up at the end of its time."""

import threading
import time
from pathlib import Path

import anyio
import pytest

from sdk.drivers.logs import StdStream
from sdk.logfiles import blocks
from sdk.logfiles.local import LocalLines
from sdk.logfiles.log import LineLog
from sdk.logfiles.rotation import Rotation
from sdk.shipping._queue import Chunk, Queue


def chunk(data: bytes) -> Chunk:
    return Chunk(StdStream.STDOUT, data, 1)


def test_what_does_not_fit_is_dropped_and_counted_by_record() -> None:
    queue = Queue(700)
    queue.put(chunk(b"x" * 400 + b"\n"))
    queue.put(chunk(b"a\nb\nc"))
    queue.put(chunk(b"d\n" * 100))
    assert [each.data for each in queue.take()] == [b"x" * 400 + b"\n", b"a\nb\nc"]
    assert (queue.take_dropped(), queue.take_dropped()) == (100, 0)
    queue.put(chunk(b"e\n"))
    assert [each.data for each in queue.take()] == [b"e\n"]


def test_an_empty_queue_takes_anything() -> None:
    queue = Queue(1)
    queue.put(chunk(b"x" * 5000))
    assert len(queue.take()) == 1
    assert queue.take_dropped() == 0


def test_a_batch_has_a_size() -> None:
    queue = Queue(1 << 30)
    for _ in range(40):
        queue.put(chunk(b"x" * (16 << 10)))
    sizes = [len(queue.take()) for _ in range(3)]
    assert sum(sizes) == 40
    assert max(sizes) < 20


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_at_the_end_of_its_time_what_waits_is_given_up(seconds: float) -> None:
    queue = Queue(1 << 20)
    queue.put(chunk(b"a\nb\n"))
    queue.finish(seconds)
    assert queue.pause(30) is False
    assert queue.is_over
    assert queue.take() == []
    assert queue.abandon() == 2


def test_a_later_finish_may_only_shorten_the_time() -> None:
    queue = Queue(1 << 20)
    queue.finish(0)
    queue.finish(60)
    assert queue.is_over


def test_what_waits_at_the_end_is_taken_first() -> None:
    queue = Queue(1 << 20)
    queue.put(chunk(b"a\n"))
    queue.finish(60)
    assert len(queue.take()) == 1
    assert queue.take() == []


def test_the_end_wakes_who_waits() -> None:
    queue, found = Queue(1 << 20), []
    threads = [
        threading.Thread(target=lambda: found.append(queue.take())),
        threading.Thread(target=lambda: found.append(queue.pause(60))),
    ]
    for thread in threads:
        thread.start()
    begun = time.monotonic()
    queue.finish(0)
    for thread in threads:
        thread.join(30)
    assert time.monotonic() - begun < 30
    assert sorted(map(str, found)) == ["False", "[]"]


def test_a_pause_that_is_not_cut_short_lasts() -> None:
    begun = time.monotonic()
    assert Queue(1).pause(0.05) is True
    assert time.monotonic() - begun >= 0.05


class Copied:
    """A queue that holds little, over a copy."""

    def __init__(self, path: Path) -> None:
        rotation = Rotation(1 << 20, 3, compress=False)
        self.log = LineLog(path / "log", rotation, LocalLines(), anyio.CapacityLimiter(1), lambda work: work(), is_told=False)
        self.lock = threading.RLock()
        self.queue = Queue(200, self.log.trail, self.lock)

    def write(self, *lines: bytes) -> None:
        for line in lines:
            with self.lock:
                self.queue.put(chunk(line))
                self.log.write(StdStream.STDOUT, line, 1)

    def in_the_copy(self) -> None:
        """Write what fits, and three records that are in the copy alone."""
        self.write(b"a" * 150 + b"\n", b"b\n", b"c\n", b"d\n")
        assert len(self.queue.take()) == 1


@pytest.fixture
def copied(tmp_path: Path) -> Copied:
    return Copied(tmp_path)


def failing(*_: object) -> bytes:
    raise OSError(5, "Input/output error")


def test_a_copy_that_cannot_be_read_is_dropped_and_the_queue_goes_on(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    copied.in_the_copy()
    with monkeypatch.context() as broken:
        broken.setattr(blocks.os, "pread", failing)
        with pytest.raises(OSError, match="Input/output error"):
            copied.queue.take()
    assert copied.queue.take_dropped() == 3
    copied.write(b"e\n")
    assert [each.data for each in copied.queue.take()] == [b"e\n"]


def test_a_slow_disk_holds_up_no_write(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    copied.in_the_copy()
    pread, reading, go_on, found = blocks.os.pread, threading.Event(), threading.Event(), []

    def slow(descriptor: int, size: int, offset: int) -> bytes:
        reading.set()
        assert go_on.wait(30)
        return pread(descriptor, size, offset)

    monkeypatch.setattr(blocks.os, "pread", slow)
    thread = threading.Thread(target=lambda: found.append(copied.queue.take()))
    thread.start()
    assert reading.wait(30)
    copied.write(b"e\n")
    go_on.set()
    thread.join(30)
    assert [each.data for each in (*found[0], *copied.queue.take())] == [b"b\n", b"c\n", b"d\n", b"e\n"]


def test_what_is_read_when_the_queue_is_given_up_is_counted_once(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    copied.in_the_copy()
    pread, dropped = blocks.os.pread, []

    def given_up(descriptor: int, size: int, offset: int) -> bytes:
        copied.queue.finish(0)
        dropped.append(copied.queue.abandon())
        return pread(descriptor, size, offset)

    monkeypatch.setattr(blocks.os, "pread", given_up)
    assert copied.queue.take() == []
    assert dropped == [3]
    assert copied.queue.abandon() == 0


def test_a_copy_that_cannot_be_opened_costs_records_and_not_the_write(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    copied.write(b"a" * 150 + b"\n")
    with monkeypatch.context() as full:
        full.setattr("sdk.logfiles.log.os.open", failing)
        copied.write(b"b\n", b"c\n")
    assert len(copied.queue.take()) == 1
    copied.write(b"d\n")
    assert [each.data for each in copied.queue.take()] == [b"d\n"]
    assert copied.queue.take_dropped() == 2
    assert (copied.log._files.path).read_bytes().count(b"\n") == 4
