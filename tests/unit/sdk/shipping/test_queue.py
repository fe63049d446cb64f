"""What waits for a receiver: bounded, counted, and given up at the end of its time."""

import threading
import time

import pytest

from sdk.drivers.logs import StdStream
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
