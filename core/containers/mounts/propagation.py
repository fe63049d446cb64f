"""Propagation of bind mounts where the client names none, and what may not be named: what is mounted below the daemon's root later must be
able to go again, in containers that see that root as well."""

from msgspec.structs import replace

from core.containers.mounts.record import MountRecord
from sdk.errors import InvalidArgument

DEFAULT_PROPAGATION = "rprivate"
_FOLLOWS = frozenset(("rslave", "rshared"))


def with_propagation(record: MountRecord, daemon_root: str) -> MountRecord:
    """Return a record that says its propagation. Raises InvalidArgument for one that would hold on to mounts of the daemon."""
    if record.type != "bind":
        return record
    if not _sees(record.source, daemon_root):
        return replace(record, propagation=record.propagation or DEFAULT_PROPAGATION)
    if record.propagation and record.propagation not in _FOLLOWS:
        raise InvalidArgument(
            'invalid mount config: must use either propagation mode "rslave" or "rshared" when mounting within the daemon root, '
            f'daemon root: "{daemon_root}", bind mount source: "{record.source}", propagation: "{record.propagation}"'
        )
    return replace(record, propagation=record.propagation or "rslave")


def _sees(source: str, daemon_root: str) -> bool:
    """Tell whether one of two directories is, or lies below, the other."""
    one, other = (path.rstrip("/") + "/" for path in (source, daemon_root))
    return one.startswith(other) or other.startswith(one)
