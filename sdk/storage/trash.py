"""Deleting trees in the background: a name is free at once, the disk a little later."""

import contextlib
import os
import stat
import threading
import uuid
from pathlib import Path

_DELAY = 0.05
"""Seconds that deleting waits after something was thrown away, so that it does not compete with what is done next."""

_DEEP = 4
"""Directories below each other whose path is surely short enough (NAME_MAX of each, PATH_MAX)."""


class Trash:
    """A directory whose content is deleted by a thread, also what an earlier process left there. On the same file system as what is
    thrown away."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True, mode=0o700)
        self._directory = directory
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trash", daemon=True)
        self._thread.start()
        self._wake.set()

    def discard(self, path: Path) -> None:
        """Move a tree away and have it deleted; no error if there is none."""
        with contextlib.suppress(FileNotFoundError):
            path.rename(self._directory / uuid.uuid4().hex)
            self._wake.set()

    def close(self) -> None:
        """End the thread soon; what is left is deleted after the next start."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._stop.wait(_DELAY)
            self._wake.clear()
            pending = [str(path) for path in self._directory.iterdir()]
            while pending and not self._stop.is_set():
                with contextlib.suppress(OSError):  # what cannot be deleted (an immutable file) stays for a later attempt
                    self._delete(pending.pop(), pending)

    def _delete(self, path: str, pending: list[str], depth: int = 0) -> None:
        """Delete a file, or a directory with what is in it; directories far down are moved to the top before, so that no path gets too long
        to be deleted."""
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
        with os.scandir(path) as found:
            for entry in found:
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                elif depth < _DEEP:
                    self._delete(entry.path, pending, depth + 1)
                else:
                    pending.append(str(self._directory / uuid.uuid4().hex))
                    os.rename(entry.path, pending[-1])
        os.rmdir(path)
