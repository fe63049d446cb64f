"""Namespaces of ended containers, closed in batches.

When the last reference goes, the kernel tears the namespace down in a worker that holds its one network lock through grace periods
and stalls all other requests meanwhile. It tears a hundred down in the time of one, so they are closed together.
"""

import threading

from plugins.net_bridge.kernel.namespaces import Namespace

_IDLE_SECONDS = 0.2
_BATCH = 64


class Graveyard:
    """Holds namespaces until 64 have come together or none has come for 0.2 s. A thread closes them."""

    def __init__(self) -> None:
        self._dead: list[Namespace] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._close_forever, name="net_bridge graveyard", daemon=True)
        self._thread.start()

    def bury(self, namespace: Namespace) -> None:
        """Take over a namespace that no endpoint needs."""
        with self._changed:
            self._dead.append(namespace)
            self._changed.notify()

    def flush(self) -> None:
        """Close all now."""
        with self._changed:
            dead, self._dead = self._dead, []
        for namespace in dead:
            namespace.close()

    def close(self) -> None:
        """Close all and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _close_forever(self) -> None:
        while not self._closing:
            with self._changed:
                self._changed.wait_for(lambda: self._dead or self._closing)
                while not self._closing and len(self._dead) < _BATCH and self._changed.wait(_IDLE_SECONDS):
                    pass
            self.flush()
