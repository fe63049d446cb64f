"""The leak audit: what exists of a data root but belongs to no record of it."""

from collections.abc import Sequence
from pathlib import Path

from core.host.records import Records, read_records
from core.host.roots import holder
from core.host.traces import Territory, Trace, find_traces

_OF_A_RUNNING_CONTAINER = ("process", "cgroup", "mount", "link")
_OF_NETWORKS = ("bridge", "table")


def audit(data_root: Path, exec_root: Path) -> list[Trace]:
    """Return what has leaked; empty when all is well. Looks only, changes nothing, needs root to see everything.

    Links and tables are looked for in the network namespace of the calling thread.
    """
    records = read_records(data_root)
    daemon = holder(data_root)
    territory = Territory(data_root.resolve(), exec_root.resolve(), records.instance)
    return leaks(find_traces(territory, daemon), records, is_running=bool(daemon))


def leaks(traces: Sequence[Trace], records: Records, *, is_running: bool) -> list[Trace]:
    """Return the traces that belong to no record.

    What carries an ID belongs to the record of that ID: to a running container, if it is something only a running one has. What
    carries none (a daemon's own cgroup, a link kept in reserve) belongs to a running daemon or to any running container. Bridges
    and the table are of the networks, which stay.
    """
    in_use = is_running or bool(records.alive)

    def belongs(trace: Trace) -> bool:
        if not trace.id:
            return in_use or trace.kind in _OF_NETWORKS
        if trace.kind == "bridge":
            return any(known.startswith(trace.id) for known in records.known)
        return trace.id in (records.alive if trace.kind in _OF_A_RUNNING_CONTAINER else records.known)

    return [trace for trace in traces if not belongs(trace)]
