"""Sends one container's records, in a thread of its own: a receiver that is away, slow or hangs holds up nothing else."""

import logging
import threading
import time
from collections.abc import Sequence

from sdk.drivers.logs import StdStream
from sdk.shipping._queue import Chunk, Queue
from sdk.shipping.records import Record, RecordMaker
from sdk.shipping.sockets import reason
from sdk.shipping.wire import Delivery, Undelivered, Wire

_SILENCE = 60.0
"""Seconds for which the daemon's log says nothing more of a receiver that stays away."""


class Sender:
    """One run's way from `put` to the receiver. The thread begins with the first record and ends after `finish`."""

    def __init__(self, container_id: str, delivery: Delivery, queue: Queue, log: logging.Logger, wire: Wire | None = None) -> None:
        """`wire` is one that is connected already."""
        self._about = f"container {container_id}: {delivery.receiver}"
        self._patience = delivery.patience
        self._log = log
        self._wire = wire or delivery.wire()
        self._wire.is_over = lambda: queue.is_over
        self._connected = wire is not None
        self._queue = queue
        self._thread: threading.Thread | None = None
        self._failures = 0
        self._told = self._told_dropped = -_SILENCE
        self._complained = False
        self._has_pieces = delivery.has_pieces

    def put(self, stream: StdStream, data: bytes, time_ns: int) -> None:
        """Send lines as soon as the receiver takes them. Waits for nothing."""
        self._queue.put(Chunk(stream, data, time_ns))
        if self._thread is None:
            self._begin()

    def finish(self, seconds: float) -> None:
        """Send what waits, for at most so long, and end. Waits for nothing."""
        self._queue.finish(seconds)
        if self._thread is None and not self._queue.is_empty:
            self._begin()
        if self._thread is None:
            self._let_go()

    def join(self, seconds: float) -> bool:
        """Wait for the end, at most so long; return whether it has come. What waits then is told as dropped."""
        if self._thread is not None:
            self._thread.join(seconds)
        if not self.is_alive:
            return True
        self._tell_dropped(self._queue.abandon())
        return False

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def has_ended(self) -> bool:
        """Whether nothing will be sent any more."""
        return self._queue.is_finished and not self.is_alive

    def _begin(self) -> None:
        """Start the thread. Where the system refuses one (its limit of processes), records wait for the next try."""
        thread = threading.Thread(target=self._run, name="log-sender", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._complain(error)
        else:
            self._thread = thread

    def _run(self) -> None:
        maker = RecordMaker(has_pieces=self._has_pieces)
        try:
            while chunks := self._next():
                self._deliver([record for chunk in chunks for record in maker.records(*chunk)])
        finally:
            self._let_go()

    def _next(self) -> Sequence[Chunk]:
        """Return what is to be sent next. What the copy cannot give back is dropped, and the rest goes on."""
        while True:
            try:
                return self._queue.take()
            except Exception as error:  # noqa: BLE001 files that cannot be read, or hold what the driver did not write
                self._log.warning("%s: records that wait in the copy cannot be read: %s", self._about, reason(error))

    def _let_go(self) -> None:
        self._close_wire()
        self._tell_dropped(self._queue.abandon())

    def _close_wire(self) -> None:
        try:
            self._wire.close()
        except Exception as error:  # noqa: BLE001 a third party's wire may raise anything, and a new connection is to be tried
            self._log.warning("%s: its connection cannot be closed: %s", self._about, error)

    def _deliver(self, records: Sequence[Record]) -> None:
        while records:
            try:
                self._send(records)
                return
            except Exception as error:  # noqa: BLE001 a third party's wire may raise anything, and the next records are to be sent
                done = 0
                if isinstance(error, Undelivered):
                    self._queue.drop(error.lost)
                    done = error.taken + error.lost
                records = self._after(error, records[done:], progressed=done > 0)

    def _send(self, records: Sequence[Record]) -> None:
        if not self._connected:
            self._wire.connect()
            self._connected = True
        self._wire.send(records)
        if self._failures:
            self._failures = 0
            if self._complained:
                self._complained = False
                self._log.warning("%s: records are sent again", self._about)
        if time.monotonic() - self._told_dropped >= _SILENCE:
            self._tell_dropped(self._queue.take_dropped())

    def _after(self, error: Exception, left: Sequence[Record], *, progressed: bool) -> Sequence[Record]:
        """Note a failure and wait a moment; return what is to be tried again. A connection that broke is made anew at once."""
        was_connected, self._connected = self._connected, False
        self._close_wire()
        self._failures = 1 if progressed else self._failures + 1
        self._complain(error)
        if not isinstance(error, OSError) or self._failures == self._patience.attempts:
            self._failures = 0
            self._queue.drop(len(left))
            return ()
        at_once = was_connected and self._failures == 1
        if self._queue.pause(0.0 if at_once else self._patience.delay(self._failures)):
            return left
        self._queue.drop(len(left))
        return ()

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._told >= _SILENCE:
            self._told, self._complained = now, True
            self._log.warning("%s: records wait, up to a limit, as they cannot be sent: %s", self._about, error)
            self._tell_dropped(self._queue.take_dropped())

    def _tell_dropped(self, dropped: int) -> None:
        if dropped:
            self._told_dropped = time.monotonic()
            self._log.warning("%s: %d records were dropped: they could not be sent in time", self._about, dropped)
