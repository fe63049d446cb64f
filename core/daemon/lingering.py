"""Closing a connection whose client may still be sending."""

import asyncio
from collections.abc import Callable

_SECONDS = 2.0
DRAINED = 16 << 20
"""Bytes of an unwanted body that are read before the connection is closed. Many clients look for the answer only after they have sent
all: the more is read, the more of them see what is wrong with their request."""


class LingeringTransport(asyncio.Transport):
    """Stands between a protocol and its transport. `close` ends the output and drops what the client still sends, for a moment.

    A socket that is closed with unread input resets the connection, which can cost the client the answer; and a client that gets an
    error while it sends may never look for one. `is_done` tells whether the client has nothing left to send.
    """

    def __init__(self, wire: asyncio.Transport, is_done: Callable[[], bool]) -> None:
        super().__init__()
        self.wire = wire
        self._is_done = is_done
        self._lingers = False
        self._dropped = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def lingers(self) -> bool:
        """Whether it was closed and drops its input."""
        return self._lingers

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send data; without effect once it was closed."""
        if not self._lingers:
            self.wire.write(data)

    def close(self) -> None:
        """Close after the output is flushed and the client has seen its end; idempotent."""
        if self._lingers or self.wire.is_closing():
            return
        if self._is_done() or not self.wire.can_write_eof():
            self.wire.close()
            return
        self._lingers = True
        self.wire.write_eof()
        self.wire.resume_reading()
        self._timer = asyncio.get_running_loop().call_later(_SECONDS, self.wire.close)

    def drop(self, data: bytes) -> None:
        """Count input that came after the end; too much of it is not waited for."""
        self._dropped += len(data)
        if self._dropped > DRAINED:
            self.wire.close()

    def lose(self) -> None:
        """Note that the connection is lost."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abort(self) -> None:
        """Close at once."""
        self.wire.abort()

    def is_closing(self) -> bool:
        """Whether the connection is closing or closed."""
        return self._lingers or self.wire.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Tell about the connection."""
        return self.wire.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Deliver nothing for now."""
        self.wire.pause_reading()

    def resume_reading(self) -> None:
        """Deliver again."""
        self.wire.resume_reading()
