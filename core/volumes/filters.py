"""Filters of volume lists and of pruning."""

from collections.abc import Callable, Collection, Iterable

from core.filters import check_keys, flag, labels_match
from core.patterns import Patterns
from core.volumes.record import VolumeRecord
from sdk.engine.containers import Filters

Users = Callable[[str], Collection[str]]
"""Return the IDs of the containers that use a volume."""

_LISTED = frozenset({"name", "label", "driver", "dangling"})
_PRUNED = frozenset({"label", "label!", "all"})


def listed(records: Iterable[VolumeRecord], filters: Filters, users: Users) -> list[VolumeRecord]:
    """Return the volumes a list shows, by name. Raises InvalidArgument for unknown filters."""
    check_keys(filters, _LISTED)
    dangling = flag(filters, "dangling")
    names = Patterns(filters.get("name", ()))
    chosen = [
        record
        for record in records
        if (not filters.get("name") or names.match(record.name))
        and record.driver in (filters.get("driver") or (record.driver,))
        and labels_match(record.labels, filters)
        and (dangling is None or dangling is not bool(users(record.name)))
    ]
    return sorted(chosen, key=lambda record: record.name)


def prunable(records: Iterable[VolumeRecord], filters: Filters, users: Users) -> list[VolumeRecord]:
    """Return the unused volumes that pruning deletes: anonymous ones, or with `all` every one. Raises InvalidArgument."""
    check_keys(filters, _PRUNED)
    everything = flag(filters, "all")
    return [
        record
        for record in records
        if (everything or record.anonymous) and labels_match(record.labels, filters) and not users(record.name)
    ]
