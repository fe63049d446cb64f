"""Announcing containers' addresses to their neighbours: what a network's options ask for, and who does it."""

import heapq
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, OutOfRange, parse_int64

_COUNT, _INTERVAL = "com.docker.network.advertise_addr_nmsgs", "com.docker.network.advertise_addr_ms"
_MOST, _LEAST_MS, _MOST_MS = 3, 100, 2000


@dataclass(frozen=True, slots=True)
class Announcing:
    """`count` is how often an address is announced, `interval` how many seconds lie between. `asked` says that the client has chosen it."""

    count: int = 3
    interval: float = 1.0
    asked: bool = False


def announcing(options: Mapping[str, str]) -> Announcing:
    """Return what a network's options say. Raises InvalidArgument in Docker's words."""
    usual = Announcing()
    count, milliseconds = options.get(_COUNT, ""), options.get(_INTERVAL, "")
    return Announcing(
        _number(_COUNT, count, "an integer", 0, _MOST) if count else usual.count,
        _number(_INTERVAL, milliseconds, "integer milliseconds", _LEAST_MS, _MOST_MS) / 1000 if milliseconds else usual.interval,
        asked=bool(count or milliseconds),
    )


def _number(option: str, text: str, kind: str, least: int, most: int) -> int:
    try:
        return parse_int64(text, least, most)
    except OutOfRange:
        raise InvalidArgument(f"{option} must be in the range {least} to {most}") from None
    except BadNumber:
        raise InvalidArgument(f'value for option {option} "{text}" must be {kind}') from None


@dataclass
class _Speaker:
    socket: socket.socket
    frames: Sequence[bytes]
    left: int
    interval: float


class Announcer:
    """Repeats announcements by a thread that there is only while there are some. Its methods are for any thread and do not block."""

    def __init__(self) -> None:
        self._speakers: dict[str, _Speaker] = {}
        self._due: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._running = False

    def begin(self, endpoint: str, opened: socket.socket, frames: Sequence[bytes], how: Announcing) -> None:
        """Send frames at once, and again as often as is left; the socket is closed after that."""
        _send(opened, frames)
        with self._changed:
            if earlier := self._speakers.pop(endpoint, None):
                earlier.socket.close()
            self._speakers[endpoint] = _Speaker(opened, frames, how.count - 1, how.interval)
            self._plan(endpoint, how.interval if how.count > 1 else 0)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="announcer", daemon=True).start()

    def end(self, endpoint: str) -> None:
        """Say no more for an endpoint: its namespace may end. Idempotent."""
        if endpoint not in self._speakers:
            return
        with self._changed:
            if speaker := self._speakers.get(endpoint):
                speaker.left = 0
                self._plan(endpoint, 0)

    def close(self) -> None:
        """Say no more; idempotent."""
        for endpoint in list(self._speakers):
            self.end(endpoint)

    def _plan(self, endpoint: str, delay: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + delay, endpoint))
        self._changed.notify()

    def _run(self) -> None:
        while (over := self._next()) is not None:
            over.close()  # outside the lock: the kernel takes its time

    def _next(self) -> socket.socket | None:
        """Send what is due until a socket is to be closed, and return that; None when there is nothing left to do."""
        with self._changed:
            while self._due:
                wait = self._due[0][0] - time.monotonic()
                if wait > 0:
                    self._changed.wait(wait)
                    continue
                _, endpoint = heapq.heappop(self._due)
                speaker = self._speakers.get(endpoint)
                if speaker is None:
                    continue
                if speaker.left > 0:
                    _send(speaker.socket, speaker.frames)
                    speaker.left -= 1
                    self._plan(endpoint, speaker.interval if speaker.left else 0)
                    continue
                del self._speakers[endpoint]
                return speaker.socket
            self._running = False
            return None


def _send(opened: socket.socket, frames: Sequence[bytes]) -> None:
    for frame in frames:
        with suppress(OSError):  # the interface may be gone
            opened.send(frame)
