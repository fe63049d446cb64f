"""Counters of version 1."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from plugins.runtime_ns.cgroups import files
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats

_WATCHED = ("total_rss", "total_cache", "total_inactive_file")
"""What monitors ask for of memory.stat."""


def read_stats(directories: Mapping[str, str]) -> TaskStats:
    """Return one reading; what a kernel does not count is 0."""
    accounting, pids, blkio = directories.get("cpuacct", ""), directories.get("pids", ""), directories.get("blkio", "")
    cpu = _cpu(directories, files.read_int(f"{accounting}/cpuacct.usage"))
    return TaskStats(
        cgroup_version=1,
        cpu=replace(cpu, per_cpu=tuple(map(int, files.read(f"{accounting}/cpuacct.usage_percpu").split()))),
        memory=_memory(directories),
        pids=files.read_int(f"{pids}/pids.current"),
        pids_limit=files.read_int(f"{pids}/pids.max"),
        io_service_bytes=_block_io(f"{blkio}/blkio.throttle.io_service_bytes_recursive"),
        io_serviced=_block_io(f"{blkio}/blkio.throttle.io_serviced_recursive"),
    )


def read_brief(directories: Mapping[str, str]) -> TaskStats | None:
    """Return one reading of what monitors ask for; None if the cgroup is not there."""
    total = files.read(f"{directories.get('cpuacct', '')}/cpuacct.usage")
    if not total:
        return None
    return TaskStats(
        cgroup_version=1,
        cpu=_cpu(directories, int(total)),
        memory=_memory(directories, chosen=_WATCHED),
        pids=files.read_int(f"{directories.get('pids', '')}/pids.current"),
        io_service_bytes=_block_io(f"{directories.get('blkio', '')}/blkio.throttle.io_service_bytes_recursive"),
    )


def _cpu(directories: Mapping[str, str], total: int) -> CPUStats:
    accounting = directories.get("cpuacct", "")
    throttling = files.read_table(f"{directories.get('cpu', '')}/cpu.stat")
    return CPUStats(
        total=total,
        user=files.read_int(f"{accounting}/cpuacct.usage_user"),
        system=files.read_int(f"{accounting}/cpuacct.usage_sys"),
        periods=throttling.get("nr_periods", 0),
        throttled_periods=throttling.get("nr_throttled", 0),
        throttled_time=throttling.get("throttled_time", 0),
    )


def _memory(directories: Mapping[str, str], chosen: Sequence[str] = ()) -> MemoryStats:
    """Return what the memory controller counts; with `chosen` only these of its details, and not its limit."""
    directory = directories.get("memory", "")
    return MemoryStats(
        usage=files.read_int(f"{directory}/memory.usage_in_bytes"),
        maximum=files.read_int(f"{directory}/memory.max_usage_in_bytes"),
        limit=0 if chosen else files.read_int(f"{directory}/memory.limit_in_bytes"),
        failures=files.read_int(f"{directory}/memory.failcnt"),
        oom_kills=files.read_table(f"{directory}/memory.oom_control").get("oom_kill", 0),
        detail=files.read_details(f"{directory}/memory.stat", chosen),
    )


def _block_io(path: str) -> tuple[BlockIOEntry, ...]:
    lines = (line.split() for line in files.read(path).splitlines())
    return tuple(_entry(*line) for line in lines if len(line) == 3)


def _entry(device: str, operation: str, value: str) -> BlockIOEntry:
    major, _, minor = device.partition(":")
    return BlockIOEntry(int(major), int(minor), operation, int(value))
