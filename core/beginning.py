"""The first start on a data root, and one after its predecessor was deleted."""

import logging
from collections import Counter

import anyio.to_thread

from core.config import Settings
from core.host.clearing import clear_machine, has_left
from core.host.instance import derived_instance
from core.host.traces import Territory
from core.store.database import Database

_log = logging.getLogger(__name__)


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
