"""Directories that hold containers' cgroups: each is made ready once, by one thread, before anything is put into it."""

from collections.abc import Callable
from threading import Lock


class CgroupParents:
    """Remembers which parents are ready, for all cgroups of one hierarchy."""

    def __init__(self) -> None:
        self._ready: set[str] = set()
        self._lock = Lock()

    def fill(self, parent: str, prepare: Callable[[], None], make: Callable[[], None]) -> None:
        """Run `make` inside a prepared parent; should another process have removed that meanwhile, prepare it once more."""
        self._prepare(parent, prepare)
        try:
            make()
        except FileNotFoundError:
            self._ready.discard(parent)
            self._prepare(parent, prepare)
            make()

    def _prepare(self, parent: str, prepare: Callable[[], None]) -> None:
        if parent in self._ready:
            return
        with self._lock:
            if parent not in self._ready:
                prepare()
                self._ready.add(parent)
