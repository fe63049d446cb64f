"""Counters of version 2."""

import os
from collections.abc import Iterator, Sequence

from plugins.runtime_ns.cgroups import files
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats

_OPERATIONS_BYTES = {"rbytes": "read", "wbytes": "write", "dbytes": "discard"}
_OPERATIONS_COUNT = {"rios": "read", "wios": "write", "dios": "discard"}
_WATCHED = ("anon", "file", "inactive_file")
"""What monitors ask for of memory.stat."""


def read_stats(directory: str) -> TaskStats:
    """Return one reading; what a kernel does not count is 0."""
    io = files.read(f"{directory}/io.stat")
    return TaskStats(
        cgroup_version=2,
        cpu=_cpu(directory),
        memory=_memory(directory),
        pids=files.read_int(f"{directory}/pids.current"),
        pids_limit=files.read_int(f"{directory}/pids.max"),
        io_service_bytes=tuple(_io(io, _OPERATIONS_BYTES)),
        io_serviced=tuple(_io(io, _OPERATIONS_COUNT)),
    )


def read_brief(directory: str) -> TaskStats | None:
    """Return one reading of what monitors ask for; None if the cgroup is not there."""
    if not os.path.exists(f"{directory}/cgroup.procs"):
        return None
    return TaskStats(
        cgroup_version=2,
        cpu=_cpu(directory),
        memory=_memory(directory, chosen=_WATCHED),
        pids=files.read_int(f"{directory}/pids.current"),
        io_service_bytes=tuple(_io(files.read(f"{directory}/io.stat"), _OPERATIONS_BYTES)),
    )


def _cpu(directory: str) -> CPUStats:
    counters = files.read_table(f"{directory}/cpu.stat")
    return CPUStats(
        total=counters.get("usage_usec", 0) * 1000,
        user=counters.get("user_usec", 0) * 1000,
        system=counters.get("system_usec", 0) * 1000,
        periods=counters.get("nr_periods", 0),
        throttled_periods=counters.get("nr_throttled", 0),
        throttled_time=counters.get("throttled_usec", 0) * 1000,
    )


def _memory(directory: str, chosen: Sequence[str] = ()) -> MemoryStats:
    """Return what the memory controller counts; with `chosen` only these of its details, and not its limit."""
    events = files.read_table(f"{directory}/memory.events")
    return MemoryStats(
        usage=files.read_int(f"{directory}/memory.current"),
        maximum=files.read_int(f"{directory}/memory.peak"),
        limit=0 if chosen else files.read_int(f"{directory}/memory.max"),
        failures=events.get("max", 0),
        oom_kills=events.get("oom_kill", 0),
        detail=files.read_details(f"{directory}/memory.stat", chosen),
    )


def _io(text: str, operations: dict[str, str]) -> Iterator[BlockIOEntry]:
    for line in text.splitlines():
        device, *counters = line.split()
        major, _, minor = device.partition(":")
        for counter in counters:
            key, _, value = counter.partition("=")
            if key in operations and minor:
                yield BlockIOEntry(int(major), int(minor), operations[key], int(value))
