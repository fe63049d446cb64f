"""Filters of network lists and of pruning."""

from collections.abc import Callable, Iterable

from core.filters import check_keys, flag, label_matches
from core.networks.record import NetworkRecord
from core.patterns import Patterns
from sdk.engine.containers import Filters
from sdk.errors import InvalidArgument

Predicate = Callable[[NetworkRecord, str], bool]
InUse = Callable[[str], bool]


def _of_type(record: NetworkRecord, kind: str) -> bool:
    if kind not in ("custom", "builtin"):
        raise InvalidArgument(f"invalid filter: 'type'='{kind}'")
    return record.predefined is (kind == "builtin")


_PREDICATES: dict[str, Predicate] = {
    "driver": lambda record, driver: record.config.driver == driver,
    "scope": lambda _record, scope: scope == "local",
    "type": _of_type,
    "label": lambda record, wanted: label_matches(record.config.labels, wanted),
}
_CONJUNCTIVE = frozenset({"label"})


def listed(records: Iterable[NetworkRecord], filters: Filters, in_use: InUse) -> list[NetworkRecord]:
    """Return the networks a list shows. Labels must all be there; of other keys any value may match. Raises InvalidArgument."""
    names, ids = (Patterns(filters.get(key, ())) for key in ("name", "id"))
    chosen = [
        record
        for record in records
        if _matches(record, filters, frozenset({*_PREDICATES, "name", "id", "dangling"}))
        and (not filters.get("name") or names.match(record.name))
        and (not filters.get("id") or ids.match(record.id))
    ]
    dangling = flag(filters, "dangling")
    if dangling is None:
        return chosen
    return [record for record in chosen if dangling is (not record.predefined and not in_use(record.id))]


def prunable(records: Iterable[NetworkRecord], filters: Filters, in_use: InUse, until_ns: int) -> list[NetworkRecord]:
    """Return the user-defined networks that no container is on, mere configurations apart, made until a moment and with the labels wanted. Raises InvalidArgument."""
    unwanted = filters.get("label!", ())
    return [
        record
        for record in records
        if not record.predefined
        and not record.config_only
        and record.created_ns <= until_ns
        and _matches(record, filters, frozenset({"label", "label!", "until"}))
        and not any(label_matches(record.config.labels, label) for label in unwanted)
        and not in_use(record.id)
    ]


def _matches(record: NetworkRecord, filters: Filters, known: frozenset[str]) -> bool:
    check_keys(filters, known)
    return all(_matches_key(record, key, values) for key, values in filters.items() if key in _PREDICATES)


def _matches_key(record: NetworkRecord, key: str, values: tuple[str, ...]) -> bool:
    results = [_PREDICATES[key](record, value) for value in values]
    return all(results) if key in _CONJUNCTIVE else any(results) or not results
