"""One container's log that is sent elsewhere, with a local copy to read from."""

import logging
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio.to_thread

from sdk.drivers.logs import LogRecord, LogRequest, RemoteLog, StdStream
from sdk.errors import Unavailable, Unsupported
from sdk.logfiles.log import LineLog
from sdk.shipping._queue import Queue
from sdk.shipping._sender import Sender
from sdk.shipping.wire import Delivery, Wire

LINGER = 10.0
"""Seconds for which what waits is still tried to be sent after a container's end."""

GRACE = 0.5
"""Seconds in which a thread notices that its time is over, if it is not in the middle of a system call."""

_NOWHERE = "-"
"""The position in a log without a copy."""

_UNREADABLE = "configured logging driver does not support reading"


class Senders:
    """The senders of one driver that may be alive."""

    def __init__(self, log: logging.Logger) -> None:
        self.log = log
        self.limiter = anyio.CapacityLimiter(40)
        self._living: list[Sender] = []

    def add(self, sender: Sender) -> Sender:
        """Keep a sender in mind, and forget those that have ended."""
        self._living = [each for each in self._living if not each.has_ended]
        self._living.append(sender)
        return sender

    def finish(self, seconds: float) -> None:
        """End all senders, after at most so long. Blocks."""
        for sender in self._living:
            sender.finish(seconds)
        until = time.monotonic() + seconds + GRACE
        for sender in self._living:
            sender.join(max(0.0, until - time.monotonic()))


class ShippedLog(RemoteLog):
    """Writes go to the sender and into the copy, `cache`, if there is one.

    What the queue has no room for is sent from the copy. After a crash of the daemon the pump's last write is sent again; what waited for the
    receiver then is in the copy alone.
    """

    def __init__(self, container_id: str, delivery: Delivery, buffer: int, cache: LineLog | None, senders: Senders) -> None:
        self._container_id = container_id
        self._delivery = delivery
        self._buffer = buffer
        self._cache = cache
        self._senders = senders
        self._sender: Sender | None = None
        self._lock = threading.RLock()

    @property
    def path(self) -> Path | None:
        return None

    async def reach(self) -> None:
        if not self._delivery.needs_receiver:
            return
        wire = self._delivery.wire()
        try:
            await anyio.to_thread.run_sync(wire.connect, abandon_on_cancel=True, limiter=self._senders.limiter)
        except OSError as error:
            wire.close()
            raise Unavailable(str(error)) from error
        self._leave_sender()
        self._sender = self._made(wire)

    def write(self, stream: StdStream, data: bytes, time_ns: int) -> None:
        if self._sender is None:
            self._sender = self._made(None)
        if self._cache is None:
            self._sender.put(stream, data, time_ns)
            return
        with self._lock:
            self._sender.put(stream, data, time_ns)
            self._cache.write(stream, data, time_ns)

    def position(self) -> str:
        return _NOWHERE if self._cache is None else self._cache.position()

    def rewind(self, position: str) -> None:
        if self._cache is not None:
            self._cache.rewind(position)

    def read(self, request: LogRequest) -> AsyncIterator[Sequence[LogRecord]]:
        if self._cache is None:
            raise Unsupported(_UNREADABLE)
        return self._cache.read(request)

    def close(self) -> None:
        self._leave_sender()
        if self._cache is not None:
            with self._lock:
                self._cache.close()

    def remove(self) -> None:
        self._leave_sender()
        if self._cache is not None:
            with self._lock:
                self._cache.remove()

    def _made(self, wire: Wire | None) -> Sender:
        queue = Queue(self._buffer, None if self._cache is None else self._cache.trail, self._lock)
        sender = Sender(self._container_id, self._delivery, queue, self._senders.log, wire)
        return self._senders.add(sender)

    def _leave_sender(self) -> None:
        if self._sender is not None:
            self._sender.finish(LINGER)
            self._sender = None
