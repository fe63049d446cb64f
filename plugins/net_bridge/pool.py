"""Things made ahead of time, because making them takes long and needs the kernel's one network lock.

For the default network these are namespaces with a veth pair already on its bridge: making one takes 1.5 ms, configuring a ready one
0.14 ms. For all other networks they are empty namespaces, which saves 0.6 ms of 2.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

_REFILL_DELAY = 0.02
"""Seconds without a take after which a pool that is not empty is refilled: the container that took one needs the same lock."""

_QUIET_SECONDS = 30.0


class Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=Closable)


class Pool(Generic[T]):
    """Keeps `size` things ready, twice as many each time it runs dry, up to `limit`, and `size` again after a quiet while.

    A thread of its own does the work.
    """

    def __init__(self, make: Callable[[], T], size: int, limit: int, log: logging.Logger) -> None:
        self._make = make
        self._size, self._target, self._limit = size, size, max(size, limit)
        self._log = log
        self._ready: deque[T] = deque()
        self._taken = threading.Event()
        self._taken.set()
        self._closing = False
        self._thread = threading.Thread(target=self._refill_forever, name="net_bridge pool", daemon=True)
        self._thread.start()

    def take(self) -> T:
        """Return a ready thing, or make one. Raises what making raises."""
        ready = self.take_ready()
        if ready is not None:
            return ready
        self._target = min(self._target * 2, self._limit)
        return self._make()

    def take_ready(self) -> T | None:
        """Return a ready thing if there is one. Never blocks."""
        try:
            return self._ready.popleft()
        except IndexError:
            return None
        finally:
            self._taken.set()

    def close(self) -> None:
        """Stop refilling and close what is ready."""
        self._closing = True
        self._taken.set()
        self._thread.join()
        while self._ready:
            self._ready.popleft().close()

    def _refill_forever(self) -> None:
        while not self._closing:
            if not self._taken.wait(_QUIET_SECONDS if self._target > self._size else None):
                self._shrink()
                continue
            self._taken.clear()
            while self._ready and self._taken.wait(_REFILL_DELAY):
                self._taken.clear()
            try:
                self._refill()
            except OSError as error:
                self._log.warning("cannot prepare a network namespace: %s", error)

    def _refill(self) -> None:
        while len(self._ready) < self._target and not self._closing:
            self._ready.append(self._make())

    def _shrink(self) -> None:
        """Give back what a busy time made necessary: a namespace takes a few hundred kilobytes of the kernel's memory."""
        self._target = self._size
        while len(self._ready) > self._size:
            self._ready.pop().close()
