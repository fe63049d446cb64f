"""Reading (which may be decompressing and hashing) in a thread, a little ahead of the one who wants it."""

import queue
import threading

from core.archives.compression import Reader

_CHUNK = 1 << 18
_DEPTH = 8


class ReadAhead:
    """Reads a source in a thread; that thread has done with it once `read` returned b"" or raised."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._queue: queue.Queue[bytes | BaseException] = queue.Queue(_DEPTH)
        self._ended = False
        threading.Thread(target=self._run, daemon=True).start()

    def read(self, _size: int, /) -> bytes:
        """Return the next chunk, of any length; b"" at the end. Raises what the source raised."""
        if self._ended:
            return b""
        chunk = self._queue.get()
        if isinstance(chunk, BaseException):
            raise chunk
        self._ended = not chunk
        return chunk

    def _run(self) -> None:
        try:
            while chunk := self._source.read(_CHUNK):
                self._queue.put(chunk)
            self._queue.put(b"")
        except BaseException as error:  # noqa: BLE001 - handed to the reader, who raises it
            self._queue.put(error)
