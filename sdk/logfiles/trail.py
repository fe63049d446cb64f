"""What a log holds from a moment on, to be read in another thread, as long as it is kept."""

import os
from collections.abc import Callable

from sdk.logfiles.blocks import LogFile
from sdk.logfiles.follower import Follower
from sdk.logfiles.format import LineFormat


class Trail(Follower):
    """Its user holds one lock around each call of it and around each write, close and removal of the log."""

    def __init__(self, limit: int, file: LogFile, lines: LineFormat, leave: "Callable[[Trail], None]") -> None:
        """`file` is where to begin; of the files that follow it `limit` are kept."""
        super().__init__(limit)
        self._most = limit
        self._file = file
        self.decode = lines.decode
        self._leave = leave
        self._lost = 0
        self._end: int | None = None

    def add_file(self, path: str | os.PathLike[str]) -> None:
        """Note that the log goes on in a new file; the records of one that is given up for it are counted."""
        if len(self.files) == self._most:
            self._lost += _lines_in(LogFile(os.dup(self.files[0])))
        super().add_file(path)

    def take(self) -> bytes:
        """Return the next block of lines, for `decode`; b"" at the log's present end."""
        while not (block := self._file.next_lines()):
            if not self.files:
                return b""
            self._file.close()
            self._file = LogFile(self.files.popleft())
        return block

    def take_lost(self) -> int:
        """Return how many records were given up since the last call."""
        lost, self._lost = self._lost, 0
        return lost

    def leave(self) -> None:
        """Hear no more of what is written; what is there by now can be counted."""
        self._leave(self)
        if self.files:
            self._end = os.fstat(self.files[-1]).st_size
        else:
            self._file.stop()

    def rest(self) -> int:
        """Return how many records were not taken, and let go of the files. Takes long where they are many; needs no lock after `leave`."""
        left = self.take_lost() + _lines_in(self._file)
        while self.files:
            left += _lines_in(LogFile(self.files.popleft(), None if self.files else self._end))
        return left


def _lines_in(file: LogFile) -> int:
    """Return how many lines follow in a file, and close it."""
    try:
        return sum(block.count(b"\n") for block in iter(file.next_lines, b""))
    finally:
        file.close()
