"""What a log holds from a moment on, to be read in another thread, as long as it is kept."""

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sdk.logfiles.blocks import LogFile
from sdk.logfiles.format import LineFormat

MOST_WAITING = 64
"""Files that wait beside the one that is read: each is a descriptor of the daemon's."""


@dataclass(slots=True)
class _Part:
    """A file of the log, None where it could not be opened, and how many records were written there and not taken. What is behind `limit`,
    if there is one, is not meant."""

    file: LogFile | None
    records: int = 0
    limit: int | None = None


class Trail:
    """Its user holds one lock around each call of it but `read` and `decode`, and around each write, close and removal of the log.

    Records are counted when they are written: what is given up is told without reading it.
    """

    def __init__(self, limit: int, file: LogFile, lines: LineFormat, leave: "Callable[[Trail], None]") -> None:
        """`file` is where to begin; of the files that follow it `limit` are kept, and at most MOST_WAITING."""
        self._most = min(limit, MOST_WAITING)
        self._parts = deque([_Part(file)])
        self._leave = leave
        self._lost = 0
        self._reading: LogFile | None = None
        self._read = 0
        self.decode = lines.decode

    def note(self, records: int) -> None:
        """Count what was written at the log's end."""
        self._parts[-1].records += records

    def add_file(self, path: str | os.PathLike[str]) -> None:
        """Note that the log goes on in a new file. The records of one that is given up for it, or cannot be opened, are lost."""
        if len(self._parts) > self._most:
            self._give_up(self._parts[1])
            del self._parts[1]
        self._parts.append(_Part(_opened(path)))

    def stop(self) -> None:
        """Hear no more of what is written; what has been is still there to be read. Idempotent."""
        self._leave(self)
        last = self._parts[-1] if self._parts else None
        if last is not None and last.file is not None and last.limit is None:
            last.limit = last.file.size()

    def begin(self) -> bool:
        """Get ready to `read`; return whether there is anything, now that the log has its present end."""
        while self._parts:
            part = self._parts[0]
            if part.file is not None and part.file.has_more(part.limit):
                self._reading = part.file
                return True
            if len(self._parts) == 1:
                break
            self._give_up(self._parts.popleft())
        return False

    def read(self) -> bytes:
        """Return the next block of lines, for `decode`, after a `begin` that found some. Blocks, and needs no lock. Raises OSError."""
        file = self._reading
        if file is None:
            return b""
        block = file.next_lines()
        if not block:  # half a line, which the log did not write
            file.skip()
        self._read = block.count(b"\n")
        return block

    def took(self) -> bool:
        """Count what `read` returned as taken; return False if it was given up in the meantime, and counted so."""
        file, self._reading = self._reading, None
        read, self._read = self._read, 0
        if not self._parts:
            if file is not None:
                file.close()
            return False
        self._parts[0].records -= read
        return True

    def take_lost(self) -> int:
        """Return how many records were given up since the last call."""
        lost, self._lost = self._lost, 0
        return lost

    def leave(self) -> int:
        """Hear no more of what is written, and let go of all files; return how many records were not taken. Idempotent.

        A file that is being read is closed by `took`.
        """
        self._leave(self)
        while self._parts:
            self._give_up(self._parts.popleft())
        return self.take_lost()

    def _give_up(self, part: _Part) -> None:
        self._lost += part.records
        if part.file is not None and part.file is not self._reading:
            part.file.close()


def _opened(path: str | os.PathLike[str]) -> LogFile | None:
    try:
        return LogFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return None
