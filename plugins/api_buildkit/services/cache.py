"""The cache in the protocol's words."""

from collections.abc import Iterable, Sequence

from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.status import timestamp
from sdk.engine.builds import BuildPruneRequest, CacheEntry
from sdk.errors import InvalidArgument

_SECOND = 1_000_000_000


def records(entries: Iterable[CacheEntry], filters: Sequence[str]) -> list[wire.UsageRecord]:
    """Return entries as records, those that match all filters (`type==regular`, `id~=ab`, ...)."""
    found = [_record(entry) for entry in entries]
    return [record for record in found if all(_matches(record, text) for text in filters if text)]


def prune_request(request: wire.PruneRequest) -> BuildPruneRequest:
    """Return a prune as the engine takes it."""
    filters: dict[str, tuple[str, ...]] = {}
    for text in filter(None, request.filter):
        name, _operator, value = _split(text)
        filters[name] = (*filters.get(name, ()), value)
    if request.keep_duration:
        filters["until"] = (f"{request.keep_duration // _SECOND}s",)
    return BuildPruneRequest(all=request.all, keep_bytes=request.reserved_space or request.max_used_space, filters=filters)


def _record(entry: CacheEntry) -> wire.UsageRecord:
    return wire.UsageRecord(
        id=entry.id,
        mutable=entry.type == "exec.cachemount",
        in_use=entry.in_use,
        size=entry.size,
        created_at=timestamp(entry.created_ns),
        last_used_at=timestamp(entry.last_used_ns),
        usage_count=entry.usage_count,
        description=entry.description,
        record_type=entry.type,
        shared=entry.shared,
        parents=entry.parents,
    )


def _matches(record: wire.UsageRecord, text: str) -> bool:
    name, operator, value = _split(text)
    facts = {"id": record.id, "type": record.record_type, "description": record.description, "parents": ",".join(record.parents)}
    flags = {"inuse": record.in_use, "mutable": record.mutable, "immutable": not record.mutable, "shared": record.shared}
    if name in flags:
        return flags[name] == (value.lower() not in ("false", "0"))
    if name not in facts:
        raise InvalidArgument(f"invalid filter: {text}")
    found = facts[name]
    return {"==": found == value, "!=": found != value, "~=": value in found}[operator]


def _split(text: str) -> tuple[str, str, str]:
    for operator in ("==", "!=", "~="):
        name, found, value = text.partition(operator)
        if found:
            return name.strip(), operator, value.strip()
    name, _, value = text.partition("=")
    return name.strip(), "==", value.strip()
