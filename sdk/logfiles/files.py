"""The files of one log: the present one, `X.log`, and those put aside, `X.log.1` and up, the oldest last.

A file is known by the time of its first record: the numbers in the names move on with every rotation, and a compressed file is
another inode. Numbers may have gaps after a crash.
"""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from sdk.logfiles.compression import PACKED, UNFINISHED, compress, decompress, first_line
from sdk.logfiles.format import LineFormat
from sdk.logfiles.rotation import Rotation

_log = logging.getLogger(__name__)

Later = Callable[[Callable[[], None]], object]
"""Runs a function in the background."""


class LogFiles:
    """Names, rotates and finds a log's files. Renames happen under a lock, as compression ends in another thread."""

    def __init__(self, path: Path, rotation: Rotation, lines: LineFormat, later: Later) -> None:
        self.path = path
        self._rotation = rotation
        self._lines = lines
        self._later = later
        self._lock = threading.Lock()
        self._epoch = 0

    def rotated(self) -> list[Path]:
        """Return the files put aside, newest first."""
        found: dict[int, Path] = {}
        prefix = self.path.name + "."
        for name in _names_in(self.path.parent):
            number = name.removeprefix(prefix).removesuffix(PACKED)
            if name.startswith(prefix) and number.isdecimal():
                found[int(number)] = self.path.parent / name
        return [found[number] for number in sorted(found)]

    def rotate(self) -> None:
        """Put the present file aside and drop the oldest; the present file does not exist then."""
        with self._lock:
            kept = self._rotation.max_file - 1
            rotated = self.rotated()
            for path in reversed(rotated):
                self._move(path, _number(path) + 1, kept)
            if not kept:
                os.unlink(self.path)
                return
            os.rename(self.path, self._numbered(1))
        if self._rotation.compress:
            self._compress_later(self._numbered(1))

    def restore(self, first: int, size: int) -> bool:
        """Make the file whose first record has time `first` the present one again, cut to `size`; newer files are deleted.

        Return whether there is such a file. May be repeated after a crash in the middle.
        """
        with self._lock:
            self._epoch += 1
            if self.path.exists() and self._first_time(self.path) == first:
                _cut(self.path, size)
                return True
            rotated = self.rotated()
            index = next((n for n, path in enumerate(rotated) if self._first_time(path) == first), None)
            if index is None:
                return False
            found = _unpacked(rotated[index])
            _cut(found, size)
            for path in (self.path, *rotated[:index]):
                _delete(path)
            os.rename(found, self.path)
            return True

    def drop_after(self, first: int) -> None:
        """Delete all files newer than the one whose first record has time `first`; all if there is none. It stays put aside."""
        with self._lock:
            self._epoch += 1
            self.path.unlink(missing_ok=True)
            for path in self.rotated():
                if first and self._first_time(path) == first:
                    return
                _delete(path)

    def first_time(self) -> int:
        """Return the time of the present file's first record, 0 if it is empty or absent."""
        return self._first_time(self.path)

    def first_times(self) -> set[int]:
        """Return the times of all files' first records."""
        return {self._first_time(path) for path in (self.path, *self.rotated())}

    def newest_rotated(self) -> int:
        """Return the time of the first record of the file put aside last, 0 if there is none."""
        rotated = self.rotated()
        return self._first_time(rotated[0]) if rotated else 0

    def remove(self) -> None:
        """Delete all files; idempotent."""
        with self._lock:
            self._epoch += 1
            for name in _names_in(self.path.parent):
                if name == self.path.name or name.startswith(f"{self.path.name}."):
                    (self.path.parent / name).unlink(missing_ok=True)

    def _move(self, path: Path, number: int, kept: int) -> None:
        if number > kept:
            path.unlink()
        else:
            packed = PACKED if path.name.endswith(PACKED) else ""
            os.rename(path, self._numbered(number, packed))

    def _first_time(self, path: Path) -> int:
        try:
            if is_packed(path):
                return self._lines.first_time(first_line(path))
            with open(path, "rb") as lines:
                return self._lines.first_time(lines.readline())
        except FileNotFoundError:
            return 0

    def _numbered(self, number: int, packed: str = "") -> Path:
        return self.path.with_name(f"{self.path.name}.{number}{packed}")

    def _compress_later(self, path: Path) -> None:
        try:
            source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:  # no descriptor is left; the log goes on all the same
            _log.info("%s stays uncompressed: %s", path, error)
            return
        epoch = self._epoch
        self._later(lambda: self._compress(source, epoch))

    def _compress(self, source: int, epoch: int) -> None:
        """Compress an open file, then put the result where the file is by now, if it is still kept."""
        inode = os.fstat(source).st_ino
        unfinished = self.path.with_name(f"{self.path.name}.{inode}{UNFINISHED}")
        try:
            compress(source, unfinished)
            self._put_in_place(unfinished, inode, epoch)
        except OSError as error:  # a full disk, or a log that was removed meanwhile; the plain file stays
            _log.info("%s stays uncompressed: %s", self.path, error)
        finally:
            unfinished.unlink(missing_ok=True)
            os.close(source)

    def _put_in_place(self, compressed: Path, inode: int, epoch: int) -> None:
        with self._lock:
            for path in self.rotated():
                if epoch == self._epoch and os.stat(path).st_ino == inode:
                    packed = path.with_name(path.name + PACKED)
                    os.rename(compressed, packed)
                    try:
                        path.unlink()
                    except FileNotFoundError:  # another one that has this log open dropped it meanwhile
                        packed.unlink(missing_ok=True)
                    return


def sweep(path: Path) -> None:
    """Delete what a crash in the middle of compression left beside a log."""
    names = set(os.listdir(path.parent))
    for name in names:
        if name.startswith(path.name + ".") and (
            name.endswith(UNFINISHED) or (name.endswith(PACKED) and name.removesuffix(PACKED) in names)
        ):
            (path.parent / name).unlink(missing_ok=True)  # a compression that goes on may be done with it


def _delete(path: Path) -> None:
    """Delete a file, also as what a compression that is under way elsewhere makes of it; the plain name goes first."""
    path.unlink(missing_ok=True)
    if not is_packed(path):
        path.with_name(path.name + PACKED).unlink(missing_ok=True)


def is_packed(path: Path) -> bool:
    """Tell whether a file is compressed."""
    return path.name.endswith(PACKED)


def _number(path: Path) -> int:
    return int(path.name.removesuffix(PACKED).rpartition(".")[2])


def _cut(path: Path, size: int) -> None:
    os.truncate(path, min(size, os.stat(path).st_size))


def _unpacked(path: Path) -> Path:
    """Return a rotated file in plain form, decompressing it if need be."""
    if not is_packed(path):
        return path
    plain = path.with_name(path.name.removesuffix(PACKED))
    decompress(path, plain)
    return plain


def _names_in(directory: Path) -> list[str]:
    """Return the names in a directory; none if it went away before the log did."""
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []
