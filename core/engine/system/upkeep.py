"""What keeps the records safe while the daemon runs: writes made up for, room on the disk, and a copy of the database."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import anyio.to_thread

from core.background import Background
from core.containers.life.store import ContainerStore
from core.store.copies import Copies
from core.store.database import Database
from sdk.errors import DataLoss, ResourceExhausted

_INTERVAL = 5.0
_BETWEEN_COPIES = 60.0
"""Seconds; what is lost with a database is at most as old."""

_log = logging.getLogger(__name__)


@contextmanager
def keeping(background: Background, database: Database, containers: ContainerStore, copies: Copies) -> Iterator[None]:
    """Keep the records safe during the block, and once more at its end, however it ends."""
    upkeep = _Upkeep(database, containers, copies)
    background.start("keeping the records safe", upkeep.watch)
    try:
        yield
    finally:
        upkeep.finish()


class _Upkeep:
    """The upkeep of one database. A copy is made a minute after the last one, if something was written."""

    def __init__(self, database: Database, containers: ContainerStore, copies: Copies) -> None:
        self._database = database
        self._containers = containers
        self._copies = copies
        self._copied = -1

    async def watch(self) -> None:
        """Work for as long as the engine lives."""
        while True:
            await anyio.sleep(_INTERVAL)
            self._tidy()
            if self._database.changes != self._copied and self._copies.is_older_than(_BETWEEN_COPIES):
                self._database.keep_room()
                changes = self._database.changes
                if await anyio.to_thread.run_sync(self._copy):
                    self._copied = changes

    def finish(self) -> None:
        """Write what is left to be written, and make the last copy. Blocks for some milliseconds."""
        self._tidy()
        if self._database.changes != self._copied:
            self._copy()

    def _tidy(self) -> None:
        self._containers.flush()
        try:
            self._database.tidy()
        except ResourceExhausted:
            pass  # until there is room
        except DataLoss as error:
            _log.error("records of what is gone stay: %s", error)

    def _copy(self) -> bool:
        try:
            self._copies.make()
        except (sqlite3.DatabaseError, OSError) as error:
            reason = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
            _log.error("the database could not be copied: %s", reason)
            return False
        return True
