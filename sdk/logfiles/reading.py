"""Reading a log: from its oldest file, or a tail of it, on to the present one, and with what is being written."""

import os
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import anyio

from sdk.drivers.logs import LogRecord, LogRequest, StdStream
from sdk.logfiles.blocks import LogFile
from sdk.logfiles.compression import PACKED
from sdk.logfiles.files import LogFiles, is_packed
from sdk.logfiles.follower import Follower
from sdk.logfiles.format import LineFormat

_NANOSECONDS = 10**9
_CLOCK_MARGIN = 10**9
"""File times come from a clock that is a tick behind, and a file may be copied."""


class LogReader:
    """One reading of one log. Holds its files open, so that rotation and removal do not disturb it."""

    def __init__(self, files: LogFiles, lines: LineFormat, request: LogRequest) -> None:
        self._request = request
        self._directory = files.path.parent
        self._selection = Selection(request, lines)
        self._decode = lines.decode
        self._files: list[LogFile] = []
        for path in reversed(files.rotated()):
            self._open(path, request.since_ns)
        self._open(files.path, 0)

    def stored(self) -> Iterator[Sequence[LogRecord]]:
        """Yield the batches of records that were there when the reader was made. Blocks."""
        for file in self._from_tail():
            file.unpack(self._directory)
            while not self._selection.is_over and (block := file.next_lines()):
                if records := self._selection.of(self._decode(block)):
                    yield records

    async def followed(self, follower: Follower) -> AsyncIterator[Sequence[LogRecord]]:
        """Yield what is written from the end of the stored records on, until the follower ends or `until_ns` has come."""
        present = self._files[-1]
        present.end = None
        while not self._selection.is_over:
            follower.begin()
            # Just written, so in the page cache: a thread would cost more than the read.
            if block := present.next_lines():
                if records := self._selection.of(self._decode(block)):
                    yield records
            elif follower.files:
                present.close()
                present = self._files[-1] = LogFile(follower.files.popleft())
            elif follower.closed or not await self._news(follower):
                return

    def close(self) -> None:
        """Close all files."""
        for file in self._files:
            file.close()

    async def _news(self, follower: Follower) -> bool:
        """Wait for the writer; return whether the request's time is not over."""
        until = self._request.until_ns
        with anyio.move_on_after((until - time.time_ns()) / _NANOSECONDS if until else None) as scope:
            await follower.wait()
        return not scope.cancelled_caught

    def _open(self, path: Path, since_ns: int) -> None:
        """Open a file, unless its last record is too old for the request."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # compressed at this very moment
            descriptor = os.open(path.with_name(path.name + PACKED), os.O_RDONLY | os.O_CLOEXEC)
            path = path.with_name(path.name + PACKED)
        info = os.fstat(descriptor)
        if info.st_mtime_ns + _CLOCK_MARGIN < since_ns:
            os.close(descriptor)
        else:
            self._files.append(LogFile(descriptor, info.st_size, packed=is_packed(path)))

    def _from_tail(self) -> list[LogFile]:
        """Return the files to read, the first of them moved to where the request's tail begins."""
        missing = self._request.tail
        if missing is None:
            return self._files
        chosen: list[LogFile] = []
        for file in reversed(self._files):
            file.unpack(self._directory)
            chosen.insert(0, file)
            missing -= file.skip_to_tail(missing, self._selection.marker)
            if not missing:
                break
        return chosen


class Selection:
    """Which records a request wants. It is over when a record is later than `until_ns`. Lines a tail counts have `marker` in them."""

    def __init__(self, request: LogRequest, lines: LineFormat) -> None:
        self.is_over = False
        self.marker = b"\n"
        if not (request.stdout and request.stderr):
            self.marker = lines.markers[StdStream.STDOUT if request.stdout else StdStream.STDERR]
        wanted = ((StdStream.STDOUT, request.stdout), (StdStream.STDERR, request.stderr))
        self._streams = frozenset(stream for stream, is_wanted in wanted if is_wanted)
        self._since = request.since_ns
        self._until = request.until_ns
        self._all = request.stdout and request.stderr and not request.since_ns and not request.until_ns

    def of(self, records: Sequence[LogRecord]) -> Sequence[LogRecord]:
        """Return those of some records that are wanted."""
        if self._all:
            return records
        until = self._until or sys.maxsize
        self.is_over = self.is_over or any(record.time_ns > until for record in records[-1:])
        return [record for record in records if record.stream in self._streams and self._since <= record.time_ns <= until]
