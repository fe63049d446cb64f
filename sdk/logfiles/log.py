"""One container's log in files of lines: written on the event loop, read there or in a thread."""

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio

from sdk.drivers.logs import ContainerLog, LogRecord, LogRequest, StdStream
from sdk.logfiles.blocks import LogFile
from sdk.logfiles.files import Later, LogFiles, sweep
from sdk.logfiles.follower import Follower
from sdk.logfiles.format import LineFormat
from sdk.logfiles.position import Position, parse_position
from sdk.logfiles.reading import LogReader
from sdk.logfiles.rotation import Rotation
from sdk.logfiles.trail import Trail

_MODE = 0o640
_UNLIMITED = 1 << 62


class LineLog(ContainerLog):
    """`is_told` says that clients get to know the file. Rotates before a write when the present file has reached its size, as Docker does: a file exceeds it by a line at most."""

    def __init__(
        self, path: Path, rotation: Rotation, lines: LineFormat, limiter: anyio.CapacityLimiter, later: Later, *, is_told: bool
    ) -> None:
        self._files = LogFiles(path, rotation, lines, later)
        self._lines = lines
        self._is_told = is_told
        self._max_size = rotation.max_size or _UNLIMITED
        self._max_file = rotation.max_file
        self._encode = lines.encode
        self._limiter = limiter
        self._followers: set[Follower] = set()
        self._trails: set[Trail] = set()
        self._has_moved = False
        self._descriptor = -1
        self._first = 0
        sweep(path)
        self._open()

    @property
    def path(self) -> Path | None:
        return self._files.path if self._is_told else None

    def write(self, stream: StdStream, data: bytes, time_ns: int) -> None:
        while data:
            size = self._size()
            if size >= self._max_size:
                time_ns = self._rotate(time_ns)
                size = 0
            encoded = self._encode(stream, data, time_ns)
            if len(encoded) > self._max_size - size:
                encoded, data = _split(encoded, data, self._max_size - size)
            else:
                data = b""
            self._append(encoded, size)
            for trail in self._trails:
                trail.note(encoded.count(b"\n"))
            if size == 0:
                self._first = time_ns
        for follower in self._followers:
            follower.wake()

    def position(self) -> str:
        size = self._size()
        if size == 0:
            return str(Position(self._files.newest_rotated(), None))
        return str(Position(self._first_time(), size))

    def rewind(self, position: str) -> None:
        first, size = parse_position(position)
        self._close_descriptor()
        if size is None:
            self._files.drop_after(first)
        elif not self._files.restore(first, size):
            self._files.drop_after(0)  # all that is left is newer: what the position was in has been rotated away
        self._open()

    async def read(self, request: LogRequest) -> AsyncIterator[Sequence[LogRecord]]:
        self._size()
        follower = Follower(self._max_file) if request.follow else None
        reader = LogReader(self._files, self._lines, request)
        if follower:
            self._followers.add(follower)
        try:
            stored = reader.stored()
            while batch := await anyio.to_thread.run_sync(next, stored, None, limiter=self._limiter):
                yield batch
            if follower:
                async for batch in reader.followed(follower):
                    yield batch
        finally:
            reader.close()
            if follower:
                self._followers.discard(follower)
                follower.release()

    def trail(self) -> Trail:
        """Return what is written from now on, for another thread. Raises OSError."""
        size = self._size()
        file = LogFile(os.open(self._files.path, os.O_RDONLY | os.O_CLOEXEC))
        file.offset = size
        trail = Trail(self._max_file, file, self._lines, self._trails.discard)
        self._trails.add(trail)
        return trail

    def close(self) -> None:
        for follower in self._followers:
            follower.end()
        self._close_descriptor()

    def remove(self) -> None:
        self.close()
        self._files.remove()

    def _open(self) -> None:
        self._descriptor = os.open(self._files.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._first = 0
        if self._has_moved:
            self._has_moved = False
            for follower in self._followers:
                follower.add_file(self._files.path)
            for trail in self._trails:
                trail.add_file(self._files.path)

    def _close_descriptor(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _size(self) -> int:
        """Return the present file's size, opening it if it is closed. Asked each time: administrators truncate logs."""
        if self._descriptor < 0:
            self._open()
        return os.fstat(self._descriptor).st_size

    def _first_time(self) -> int:
        if not self._first:
            self._first = self._files.first_time()
        return self._first

    def _rotate(self, time_ns: int) -> int:
        """Go on in a new file; return a time for its first record that no other file begins with: positions are told apart by it."""
        self._close_descriptor()  # first, as it may be the last one that the daemon has
        taken = self._files.first_times()
        self._files.rotate()
        self._has_moved = True
        self._open()
        while time_ns in taken:
            time_ns += 1
        return time_ns

    def _append(self, encoded: bytes, size: int) -> None:
        """Write all or, when the disk is full, nothing: half a record would spoil the next one."""
        rest = memoryview(encoded)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, size)
            raise


def _split(encoded: bytes, data: bytes, room: int) -> tuple[bytes, bytes]:
    """Return the records up to the one that fills `room` bytes, and the data of the others."""
    cut = encoded.find(b"\n", room - 1) + 1
    if cut in (0, len(encoded)):
        return encoded, b""
    return encoded[:cut], data.split(b"\n", encoded.count(b"\n", 0, cut))[-1]
