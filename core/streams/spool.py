"""Output between the pipe and the log, in memory that outlives the daemon.

Bytes are read from a pipe straight into a shared mapping of a tmpfs file, and leave it only after the log has them. Whatever the
instant of a `kill -9`, the next daemon finds each byte in exactly one place: the pipe, the spool or the log.

The mapping's first words:

- `window`: sequence << 48 | start << 24 | end of the bytes kept, one aligned store;
- `reading`: how many bytes a read in progress wants; the place they go to carries a random mark before the read, so that a survivor
  of the crash can tell whether they came;
- `writing`: the sequence for which `position` (the log's end before the write) holds, with a mark that makes it differ from zero. If
  it equals the window's sequence, the log may have part of the window: it is rewound and written again.
- `missing`: how many bytes the log could not take since it last told of any.

A file of zeros is an empty spool, and so is an empty file: there is no instant at which a new one is not whole.
"""

import errno
import fcntl
import mmap
import os
import secrets
import struct
import termios
from contextlib import suppress
from pathlib import Path

from sdk.errors import DataLoss

READ_LIMIT = 256 << 10
_HEADER = 128
_CAPACITY = 3 * READ_LIMIT
_MARK = 16
_WINDOW, _READING, _WRITING, _MARKED, _MISSING = 0, 1, 2, 3, 4
_POSITION = 64
_SEQUENCES = 1 << 15
_BEGUN = 1 << 17
"""Part of `writing` from the first write on."""


class Spool:
    """The spool of one stream. Not for terminals' timing-critical part: see `fill`."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, _HEADER + _CAPACITY)
            self._map = mmap.mmap(descriptor, _HEADER + _CAPACITY)
        finally:
            os.close(descriptor)
        self._view = memoryview(self._map)
        # Native 64-bit elements: each assignment is one aligned store, so a crash sees the old word or the new one.
        self._words = self._view[:_POSITION].cast("Q")
        self._data = self._view[_HEADER:]

    @property
    def pending(self) -> memoryview:
        """The bytes that are kept and not yet in the log."""
        _, start, end = self._window()
        return self._data[start:end]

    @property
    def missing(self) -> int:
        """How many bytes are in no log, and no log tells of it yet."""
        return self._words[_MISSING]

    @missing.setter
    def missing(self, count: int) -> None:
        self._words[_MISSING] = count

    def fill(self, descriptor: int) -> bytes:
        """Read once from a non-blocking pipe or terminal into the spool; return the new bytes, b"" at end of file.

        Raises BlockingIOError when there is nothing to read.
        """
        sequence, start, end = self._make_room()
        available = min(_available(descriptor), READ_LIMIT)
        wanted = available or READ_LIMIT
        target = self._data[end : end + wanted]
        if available:
            self._announce(target)
        try:
            count = os.readv(descriptor, [target])
        except OSError as error:
            self._words[_READING] = 0
            # A pseudo-terminal whose other side is gone answers EIO where a pipe answers end of file.
            if error.errno == errno.EIO:
                return b""
            raise
        self._words[_WINDOW] = _pack(sequence, start, end + count)
        self._words[_READING] = 0
        return bytes(target[:count])

    def begin_write(self, position: str) -> None:
        """Note the log's end before the pending bytes are written to it."""
        struct.pack_into("64p", self._map, _POSITION, position.encode())
        self._words[_WRITING] = self._window()[0] | _BEGUN

    def end_write(self, count: int) -> None:
        """Let go of the first `count` pending bytes: the log has them."""
        sequence, start, end = self._window()
        start += count
        if start == end:
            start = end = 0
        self._words[_WINDOW] = _pack((sequence + 1) % _SEQUENCES, start, end)

    def recover(self) -> str | None:
        """Settle what a crash left half done; return the position to rewind the log to, if its last write is in doubt.

        Raises DataLoss when this is no spool any more; it is empty then.
        """
        sequence, start, end = self._window()
        if not start <= end <= end + self._words[_READING] <= _CAPACITY:
            self._words[_READING] = self._words[_MISSING] = 0
            self._words[_WINDOW] = _pack((sequence + 1) % _SEQUENCES, 0, 0)
            raise DataLoss("the spool of its output is damaged")
        wanted = self._words[_READING]
        if wanted and bytes(self._data[end : end + self._mark_length(wanted)]) != self._mark(wanted):
            self._words[_WINDOW] = _pack(sequence, start, end + wanted)
        self._words[_READING] = 0
        if self._words[_WRITING] != sequence | _BEGUN:
            return None
        return str(struct.unpack_from("64p", self._map, _POSITION)[0].decode())

    def close(self) -> None:
        """Unmap; the file stays. A part that is still seen, as by a frame that the watch over the loop looks at, is unmapped with it."""
        for view in (self._words, self._data, self._view):
            view.release()
        with suppress(BufferError):
            self._map.close()

    def _window(self) -> tuple[int, int, int]:
        word = self._words[_WINDOW]
        return word >> 48, word >> 24 & 0xFFFFFF, word & 0xFFFFFF

    def _make_room(self) -> tuple[int, int, int]:
        """Move a remainder that sits too far behind to the front, where there is free space before it."""
        sequence, start, end = self._window()
        length = end - start
        if end + READ_LIMIT <= _CAPACITY or length > start:
            return sequence, start, end
        self._data[:length] = self._data[start:end]
        self._words[_WINDOW] = _pack(sequence, 0, length)
        return sequence, 0, length

    def _announce(self, target: memoryview) -> None:
        self._words[_MARKED] = secrets.randbits(64)
        length = self._mark_length(len(target))
        target[:length] = self._mark(len(target))
        self._words[_READING] = len(target)

    def _mark(self, wanted: int) -> bytes:
        return struct.pack("<QQ", self._words[_MARKED], ~self._words[_MARKED] & (1 << 64) - 1)[: self._mark_length(wanted)]

    @staticmethod
    def _mark_length(wanted: int) -> int:
        return min(wanted, _MARK)


def _pack(sequence: int, start: int, end: int) -> int:
    return sequence << 48 | start << 24 | end


def _available(descriptor: int) -> int:
    """How many bytes a read would return now; 0 when the file cannot tell."""
    try:
        return int(struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0"))[0])
    except OSError:
        return 0
