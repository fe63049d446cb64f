"""What the process of an isolated driver tells the daemon unasked: records of its log, and events. Neither may fill the connection."""

import logging
import time
from collections.abc import Callable

from sdk.events import Event
from sdk.isolation.frames import FromPlugin, Happened, Logged

A_SECOND = 1000
"""So many records are told, and heard, in a second; what comes beyond is counted."""

_LONGEST = 16 << 10


class Allowance:
    """Lets so many things pass in each second, and counts the others."""

    def __init__(self, a_second: int = A_SECOND, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._clock = a_second, clock
        self._second, self._used, self._dropped = 0, 0, 0

    def take(self) -> tuple[bool, int]:
        """Tell whether one more may pass, and how many were dropped before it, which are told once."""
        second = int(self._clock())
        if second != self._second:
            self._second, self._used = second, 0
        self._used += 1
        if self._used > self._a_second:
            self._dropped += 1
            return False, 0
        dropped, self._dropped = self._dropped, 0
        return True, dropped


class ToldLog(logging.Handler):
    """Sends records to the daemon's log, those of other threads too: `send` may be called on any thread."""

    def __init__(self, send: Callable[[FromPlugin], None]) -> None:
        super().__init__()
        self._send = send
        self._allowance = Allowance()

    def emit(self, record: logging.LogRecord) -> None:
        passes, dropped = self._allowance.take()
        if dropped:
            self._send(Logged(logging.WARNING, f"{dropped} records were dropped: there were more than {A_SECOND} in a second"))
        if passes:
            self._send(Logged(record.levelno, self.format(record).encode("utf-8", "replace").decode()[:_LONGEST]))


class ToldEvents:
    """Sends the driver's events to the daemon."""

    def __init__(self, send: Callable[[FromPlugin], None]) -> None:
        self._send = send

    def publish(self, event: Event) -> None:
        """Send an event, with attributes as text: what is none would be no frame. Never blocks."""
        attributes = {str(key): str(value) for key, value in event.attributes.items()}
        self._send(Happened(event.type.value, event.action, event.actor, event.time_ns, attributes, event.scope))
