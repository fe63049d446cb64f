"""What the connections of the daemon have in common."""

import asyncio
import time
from email.utils import formatdate
from weakref import WeakSet

from uvicorn.server import ServerState

from core.daemon.admission import Admission


class Connections(ServerState):
    """All open connections of the daemon, and the headers that every response carries. `taken` are the transports of those that speak
    another protocol now."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: WeakSet[asyncio.BaseTransport] = WeakSet()
        self.admission = Admission()
        self._dated = 0

    def renew_date(self) -> None:
        """Renew the Date header, at most once a second and only when a response needs it."""
        now = int(time.time())
        if now != self._dated:
            self._dated = now
            self.default_headers = [(b"date", formatdate(now, usegmt=True).encode())]
