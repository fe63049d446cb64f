"""Decompressing and hashing a stream in a thread, a little ahead of the one who reads it."""

import hashlib
import queue
import threading

from core.images.compression import Reader

_CHUNK = 1 << 18
_DEPTH = 8


class ReadAhead:
    """Reads a source in a thread. Keeps the sha256 (unless not `hashed`) and the length of all of it; both are right once `read`
    returned b""."""

    def __init__(self, source: Reader, *, hashed: bool = True) -> None:
        self._source = source
        self._hashed = hashed
        self._hash = hashlib.sha256()
        self._queue: queue.Queue[bytes | BaseException] = queue.Queue(_DEPTH)
        self._ended = False
        self.length = 0
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

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    def _run(self) -> None:
        try:
            while chunk := self._source.read(_CHUNK):
                if self._hashed:
                    self._hash.update(chunk)
                self.length += len(chunk)
                self._queue.put(chunk)
            self._queue.put(b"")
        except BaseException as error:  # noqa: BLE001 - handed to the reader, who raises it
            self._queue.put(error)
