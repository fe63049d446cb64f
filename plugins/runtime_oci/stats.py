"""Counters of a container, from the files of its cgroups. Files that are not there count as zero."""

import os
from pathlib import Path

from plugins.runtime_oci.cgroups import MOUNT
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats

UNLIMITED = 2**63 - 4096
"""How version 1 writes "no limit"; version 2 says "max"."""

NANOSECONDS_PER_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def read_stats(version: int, path: str, mount: Path = MOUNT) -> TaskStats:
    """Return the counters of the cgroup at `path` in every hierarchy. Blocks shortly."""
    path = path.lstrip("/")
    return _version_2(mount / path) if version == 2 else _version_1(mount, path)


def _version_1(mount: Path, path: str) -> TaskStats:
    blkio, pids = mount / "blkio" / path, mount / "pids" / path
    return TaskStats(
        cgroup_version=1,
        cpu=_cpu_1(mount / "cpuacct" / path, _table(mount / "cpu" / path / "cpu.stat")),
        memory=_memory_1(mount / "memory" / path),
        pids=_number(pids / "pids.current"),
        pids_limit=_number(pids / "pids.max", no_limit=0),
        io_service_bytes=_io_1(blkio / "blkio.throttle.io_service_bytes_recursive"),
        io_serviced=_io_1(blkio / "blkio.throttle.io_serviced_recursive"),
    )


def _cpu_1(cpuacct: Path, throttling: dict[str, int]) -> CPUStats:
    ticks = _table(cpuacct / "cpuacct.stat")
    per_cpu = _lines(cpuacct / "cpuacct.usage_percpu")
    return CPUStats(
        total=_number(cpuacct / "cpuacct.usage"),
        user=ticks.get("user", 0) * NANOSECONDS_PER_TICK,
        system=ticks.get("system", 0) * NANOSECONDS_PER_TICK,
        per_cpu=tuple(map(int, per_cpu[0].split())) if per_cpu else (),
        periods=throttling.get("nr_periods", 0),
        throttled_periods=throttling.get("nr_throttled", 0),
        throttled_time=throttling.get("throttled_time", 0),
    )


def _memory_1(directory: Path) -> MemoryStats:
    return MemoryStats(
        usage=_number(directory / "memory.usage_in_bytes"),
        maximum=_number(directory / "memory.max_usage_in_bytes"),
        limit=_number(directory / "memory.limit_in_bytes"),
        failures=_number(directory / "memory.failcnt"),
        oom_kills=_table(directory / "memory.oom_control").get("oom_kill", 0),
        detail=_table(directory / "memory.stat"),
    )


def _io_1(file: Path) -> tuple[BlockIOEntry, ...]:
    entries = []
    for line in _lines(file):
        device, *rest = line.split()
        major, colon, minor = device.partition(":")
        if colon:  # the last line is the sum of all
            entries.append(BlockIOEntry(int(major), int(minor), rest[0], int(rest[1])))
    return tuple(entries)


def _version_2(directory: Path) -> TaskStats:
    return TaskStats(
        cgroup_version=2,
        cpu=_cpu_2(_table(directory / "cpu.stat")),
        memory=_memory_2(directory),
        pids=_number(directory / "pids.current"),
        pids_limit=_number(directory / "pids.max", no_limit=0),
        io_service_bytes=_io_2(directory / "io.stat", {"rbytes": "read", "wbytes": "write"}),
        io_serviced=_io_2(directory / "io.stat", {"rios": "read", "wios": "write"}),
    )


def _cpu_2(counts: dict[str, int]) -> CPUStats:
    return CPUStats(
        total=counts.get("usage_usec", 0) * 1000,
        user=counts.get("user_usec", 0) * 1000,
        system=counts.get("system_usec", 0) * 1000,
        periods=counts.get("nr_periods", 0),
        throttled_periods=counts.get("nr_throttled", 0),
        throttled_time=counts.get("throttled_usec", 0) * 1000,
    )


def _memory_2(directory: Path) -> MemoryStats:
    events = _table(directory / "memory.events")
    return MemoryStats(
        usage=_number(directory / "memory.current"),
        maximum=_number(directory / "memory.peak"),
        limit=_number(directory / "memory.max"),
        failures=events.get("max", 0),
        oom_kills=events.get("oom_kill", 0),
        detail=_table(directory / "memory.stat"),
    )


def _io_2(file: Path, operations: dict[str, str]) -> tuple[BlockIOEntry, ...]:
    entries = []
    for line in _lines(file):
        device, *fields = line.split()
        major, _, minor = device.partition(":")
        counts = dict(field.split("=") for field in fields)
        entries += [
            BlockIOEntry(int(major), int(minor), word, int(counts[key])) for key, word in operations.items() if key in counts
        ]
    return tuple(entries)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []


def _table(file: Path) -> dict[str, int]:
    return {key: int(value) for key, _, value in (line.partition(" ") for line in _lines(file))}


def _number(file: Path, no_limit: int = UNLIMITED) -> int:
    lines = _lines(file)
    return 0 if not lines else no_limit if lines[0] == "max" else int(lines[0])
