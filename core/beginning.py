"""The beginning of a start: the database, whole, missing or damaged, and what a daemon before may have left on this machine."""

import logging
import sqlite3
from collections import Counter
from pathlib import Path

import anyio.to_thread

from core.config import Settings, StartupError
from core.host.clearing import clear_machine, has_left
from core.host.instance import derived_instance
from core.host.traces import Territory, has_content
from core.store.copies import LOST, Copies, damage
from core.store.database import Database
from sdk.errors import EngineError

_log = logging.getLogger(__name__)

_STAYS = frozenset({"core.lock", "core.reserve", "engine-id", "copies", LOST})


def open_database(data_root: Path) -> Database:
    """Open the database, making it on a new data root. Where it is missing on a used one, the copy is put back, or, without one, what is
    there is put aside; either is said in one sentence.

    The caller holds the data root. Raises StartupError with a way out if it is damaged or cannot be opened.
    """
    copies = Copies(data_root)
    if not copies.database.exists() or not copies.database.stat().st_size:
        _replace_missing(copies)
    try:
        database = Database(copies.database)
    except sqlite3.DatabaseError as error:
        raise StartupError(damaged(copies, str(error))) from error
    except EngineError as error:
        raise StartupError(error.message) from error
    if problem := damage(copies.database):
        database.close()
        raise StartupError(damaged(copies, problem))
    return database


def damaged(copies: Copies, problem: str) -> str:
    """Return the sentence about a damaged database, with the way out."""
    remedy = f"`core doctor --repair` puts back the copy of {copies.made}" if copies.made else "there is no copy of it to put back"
    return f"the database {copies.database} is damaged ({problem}): {remedy}"


async def stable_instance(database: Database, settings: Settings) -> str:
    """Return the data root's token for names of kernel objects; kept from its first start on, eight hexadecimal digits.

    Where a data root is new, what a daemon of one that was deleted left on this machine is removed first: its containers have lost
    their files, and its links would be in the way.
    """
    table = database.table("engine", str)
    instance = table.get("instance")
    if instance is None:
        instance = derived_instance(settings.data_root)
        territory = Territory(settings.data_root.resolve(), settings.exec_root.resolve(), instance)
        await anyio.to_thread.run_sync(_begin_anew, territory)
        table.put("instance", instance)
    return instance


def _begin_anew(territory: Territory) -> None:
    if has_left(territory) and (gone := clear_machine(territory)):
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(trace.kind for trace in gone).items()))
        _log.warning(
            "%s is new, but an earlier daemon of it had left something on this machine, which was removed: %s",
            territory.data_root,
            kinds,
        )


def _replace_missing(copies: Copies) -> None:
    if not has_content(copies.data_root):
        return
    if made := copies.made:
        copies.put_back()
        _log.warning(
            "the database of %s was missing: the copy of %s was put back; what is newer has no record", copies.data_root, made
        )
        return
    place = copies.put_aside([path for path in copies.data_root.iterdir() if path.name not in _STAYS])
    _log.warning(
        "%s has no database, nor a copy of one: the daemon begins anew, and what was there is kept in %s until you delete it",
        copies.data_root,
        place,
    )
