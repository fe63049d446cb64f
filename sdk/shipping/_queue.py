"""What waits for a receiver: so many bytes and no more, so that a dead receiver costs records and not the machine's memory.

What does not fit is read from the log's copy later, if there is one, for as long as that has it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from sdk.drivers.logs import StdStream
from sdk.logfiles.trail import Trail

_BATCH = 256 << 10
_OVERHEAD = 128
"""Bytes that Python needs for a chunk beside its text."""


class Chunk(NamedTuple):
    """What one `write` brought."""

    stream: StdStream
    data: bytes
    time_ns: int


class Queue:
    """Filled by the event loop, which never waits; emptied by a thread, which does. What does not fit is dropped and counted."""

    def __init__(self, limit: int, copy: Callable[[], Trail] | None = None, lock: "threading.RLock | None" = None) -> None:
        """`copy` returns what the copy has from now on. Then its writer holds the `lock` while it puts something here and writes it there."""
        self._limit = limit
        self._copy = copy
        self._trail: Trail | None = None
        self._chunks: deque[Chunk] = deque()
        self._size = 0
        self._dropped = 0
        self._end: float | None = None
        self._changed = threading.Condition(lock)

    def put(self, chunk: Chunk) -> None:
        """Add what was written, or leave it to the copy, or drop it. As in Docker an empty queue takes anything."""
        size = len(chunk.data) + _OVERHEAD
        with self._changed:
            if self._trail is not None:
                return
            if self._chunks and self._size + size > self._limit:
                self._overflow(chunk)
                return
            self._chunks.append(chunk)
            self._size += size
            if len(self._chunks) == 1:
                self._changed.notify()

    def finish(self, seconds: float) -> None:
        """Nothing more comes, and what waits is waited for at most so long. A later call may shorten the time."""
        with self._changed:
            end = time.monotonic() + seconds
            self._end = end if self._end is None else min(self._end, end)
            if self._trail is not None:
                self._trail.stop()  # what the next run writes to the copy is the next queue's
            self._changed.notify_all()

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits, here or in the copy."""
        return not self._chunks and self._trail is None

    @property
    def is_finished(self) -> bool:
        """Whether nothing more comes."""
        return self._end is not None

    @property
    def is_over(self) -> bool:
        """Whether the time after `finish` has passed."""
        return self._end is not None and time.monotonic() >= self._end

    def take(self) -> list[Chunk]:
        """Wait for something, and return as much of it as makes a batch; nothing at the end.

        Raises what reading the copy raises; what was left there is dropped then, and the next call goes on.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._chunks or self._trail or self._end is not None)
                if self.is_over:
                    return []
                if self._chunks:
                    return self._batch()
                if (trail := self._trail) is None:
                    return []
            if chunks := self._from_copy(trail):
                return chunks

    def _batch(self) -> list[Chunk]:
        taken, size = [], 0
        while self._chunks and size < _BATCH:
            chunk = self._chunks.popleft()
            size += len(chunk.data) + _OVERHEAD
            taken.append(chunk)
        self._size -= size
        return taken

    def _from_copy(self, trail: Trail) -> list[Chunk]:
        """Return what comes next in the copy; at its end what is written waits here again.

        Reading takes as long as the disk does. The lock is free meanwhile, as the event loop needs it for each write.
        """
        try:
            with self._changed:
                if not trail.begin():
                    self._leave(trail)
                    return []
            chunks = [Chunk(record.stream, record.line, record.time_ns) for record in trail.decode(trail.read())]
        except Exception:
            with self._changed:
                self._leave(trail)
                trail.took()
            raise
        with self._changed:
            self._dropped += trail.take_lost()
            return chunks if trail.took() else []

    def _leave(self, trail: Trail) -> None:
        self._dropped += trail.leave()
        if self._trail is trail:
            self._trail = None

    def _overflow(self, chunk: Chunk) -> None:
        """Leave a chunk to the copy. Where that cannot be opened it is dropped here: the copy has it all the same."""
        if self._copy is not None:
            try:
                self._trail = self._copy()
            except OSError:
                pass
            else:
                return
        self._dropped += _records_in(chunk)

    def pause(self, seconds: float) -> bool:
        """Wait so long, or to the end if that comes first; return whether it has not come."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self.is_over and (left := until - time.monotonic()) > 0:
                left = min(left, threading.TIMEOUT_MAX)
                self._changed.wait(left if self._end is None else min(left, max(0.0, self._end - time.monotonic())))
        return not self.is_over

    def drop(self, records: int) -> None:
        """Count records that were taken and cannot be sent."""
        with self._changed:
            self._dropped += records

    def take_dropped(self) -> int:
        """Return how many records were dropped since the last call."""
        with self._changed:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def abandon(self) -> int:
        """Forget what waits; return how many records were dropped since they were last told."""
        with self._changed:
            self._dropped += sum(map(_records_in, self._chunks))
            self._chunks.clear()
            self._size = 0
            if self._trail is not None:
                self._leave(self._trail)
            return self.take_dropped()


def _records_in(chunk: Chunk) -> int:
    return chunk.data.count(b"\n") + (not chunk.data.endswith(b"\n"))
