"""How many clients are connected at a time."""

import asyncio
import resource
from weakref import WeakSet

_MOST = 10_000
_SHARE = 2
"""One descriptor in two is left to what requests open: containers, images, networks."""


class Admission:
    """Counts open connections. One above `limit` is refused, so that no number of clients takes the daemon's last descriptors."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = connection_limit() if limit is None else limit
        self._open: WeakSet[asyncio.BaseTransport] = WeakSet()

    def admit(self, wire: asyncio.BaseTransport) -> bool:
        """Count a connection and return True, unless there are too many; idempotent for one that counts already."""
        if len(self._open) >= self.limit and wire not in self._open:
            self._open = WeakSet(each for each in self._open if not each.is_closing())
            if len(self._open) >= self.limit:
                return False
        self._open.add(wire)
        return True


def connection_limit() -> int:
    """Return how many connections the limit of descriptors allows (getrlimit(2), RLIMIT_NOFILE)."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST if files == resource.RLIM_INFINITY else max(1, min(_MOST, files // _SHARE))
