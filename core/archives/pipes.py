"""Pipes between the event loop and a worker process."""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator

import anyio

_SIZE = 1 << 20


class Pipe:
    """A wide pipe with both ends open. The ends this process keeps to itself are to be made non-blocking by `feed` or `chunks`."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC)
        self._open = {self.reader, self.writer}
        with contextlib.suppress(PermissionError):  # the user's pipes take too much memory already; a small one works too
            fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, _SIZE)

    def close_reader(self) -> None:
        self._close(self.reader)

    def close_writer(self) -> None:
        self._close(self.writer)

    def __enter__(self) -> "Pipe":
        return self

    def __exit__(self, *_: object) -> None:
        self.close_reader()
        self.close_writer()

    def _close(self, end: int) -> None:
        if end in self._open:
            self._open.remove(end)
            os.close(end)


async def feed(writer: int, content: AsyncIterator[bytes]) -> bool:
    """Write chunks as fast as the other side reads. Return False, with chunks left over, if it does not read any more."""
    os.set_blocking(writer, False)
    async for chunk in content:
        view = memoryview(chunk)
        while view:
            try:
                view = view[os.write(writer, view) :]
            except BlockingIOError:
                await anyio.wait_writable(writer)
            except BrokenPipeError:
                return False
    return True


async def chunks(reader: int) -> AsyncIterator[bytes]:
    """Yield what the other side writes until it closes its end."""
    os.set_blocking(reader, False)
    while True:
        try:
            chunk = os.read(reader, _SIZE)
        except BlockingIOError:
            await anyio.wait_readable(reader)
            continue
        if not chunk:
            return
        yield chunk
