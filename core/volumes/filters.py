"""Filters of volume lists and of pruning."""

import re
from collections.abc import Callable, Collection, Iterable

from core.volumes.record import VolumeRecord
from sdk.engine.containers import Filters
from sdk.errors import InvalidArgument

Users = Callable[[str], Collection[str]]
"""Return the IDs of the containers that use a volume."""

_LISTED = frozenset({"name", "label", "driver", "dangling"})
_PRUNED = frozenset({"label", "label!", "all"})
_TRUTHS = {"1": True, "true": True, "t": True, "0": False, "false": False, "f": False}


def listed(records: Iterable[VolumeRecord], filters: Filters, users: Users) -> list[VolumeRecord]:
    """Return the volumes a list shows, by name. Raises InvalidArgument for unknown filters."""
    _check(filters, _LISTED)
    dangling = _truth(filters, "dangling")
    found = [
        record
        for record in records
        if _matches_name(record.name, filters.get("name", ()))
        and record.driver in (filters.get("driver") or (record.driver,))
        and _has_labels(record.labels, filters.get("label", ()))
        and (dangling is None or dangling is not bool(users(record.name)))
    ]
    return sorted(found, key=lambda record: record.name)


def prunable(records: Iterable[VolumeRecord], filters: Filters, users: Users) -> list[VolumeRecord]:
    """Return the unused volumes that pruning deletes: anonymous ones, or with `all` every one. Raises InvalidArgument."""
    _check(filters, _PRUNED)
    everything = _truth(filters, "all")
    return [
        record
        for record in records
        if (everything or record.anonymous)
        and _has_labels(record.labels, filters.get("label", ()))
        and not any(_has_labels(record.labels, (label,)) for label in filters.get("label!", ()))
        and not users(record.name)
    ]


def _check(filters: Filters, known: frozenset[str]) -> None:
    for key in filters:
        if key not in known:
            raise InvalidArgument(f"invalid filter '{key}'")


def _truth(filters: Filters, key: str) -> bool | None:
    words = filters.get(key, ())
    if not words:
        return None
    values = {_TRUTHS.get(word.lower()) for word in words}
    if len(values) != 1 or None in values:
        raise InvalidArgument(f"invalid filter '{key}=[{' '.join(words)}]'")
    return values.pop()


def _matches_name(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(_search(pattern, name) for pattern in patterns)


def _search(pattern: str, name: str) -> bool:
    """Search as a regular expression; what is none is looked for as it stands."""
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return pattern in name


def _has_labels(labels: dict[str, str], wanted: tuple[str, ...]) -> bool:
    """Tell whether every wanted `key` or `key=value` is there."""
    return all(_has_label(labels, *text.partition("=")) for text in wanted)


def _has_label(labels: dict[str, str], key: str, equals: str, value: str) -> bool:
    return key in labels and (not equals or labels[key] == value)
