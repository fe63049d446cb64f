"""A reader that waits for the writer of the same process."""

import os
from collections import deque

import anyio


class Follower:
    """Holds a descriptor of every file that appeared since it began, so that rotation takes nothing away from a slow reader.

    Beyond `limit` waiting files the oldest are given up, as they are on disk.
    """

    def __init__(self, limit: int) -> None:
        self.files: deque[int] = deque()
        self.closed = False
        self._limit = limit
        self._news = anyio.Event()
        self._has_gap = False

    def wake(self) -> None:
        """Tell the reader that something was written."""
        self._news.set()

    def add_file(self, path: str | os.PathLike[str]) -> None:
        """Tell the reader that the log goes on in a new file. One that cannot be opened is the end: what follows has no gap in it."""
        if self._has_gap:
            return
        if len(self.files) == self._limit:
            os.close(self.files.popleft())
        try:
            self.files.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        except OSError:  # the daemon is out of descriptors; the writer must not suffer from it
            self._has_gap = self.closed = True
        self._news.set()

    def end(self) -> None:
        """Tell the reader that nothing more will come."""
        self.closed = True
        self._news.set()

    def begin(self) -> None:
        """Begin a round: what is told from now on ends the next `wait`."""
        if self._news.is_set():
            self._news = anyio.Event()

    async def wait(self) -> None:
        """Return when something was told since `begin`."""
        await self._news.wait()

    def release(self) -> None:
        """Close the descriptors that were not taken."""
        while self.files:
            os.close(self.files.popleft())
