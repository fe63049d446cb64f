"""Counters of version 1."""

from collections.abc import Mapping

from plugins.runtime_ns.cgroups import files
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats


def read_stats(directories: Mapping[str, str]) -> TaskStats:
    """Return one reading; what a kernel does not count is 0."""
    pids, blkio = directories.get("pids", ""), directories.get("blkio", "")
    return TaskStats(
        cgroup_version=1,
        cpu=_cpu(directories.get("cpuacct", ""), directories.get("cpu", "")),
        memory=_memory(directories.get("memory", "")),
        pids=files.read_int(f"{pids}/pids.current"),
        pids_limit=files.read_int(f"{pids}/pids.max"),
        io_service_bytes=_block_io(f"{blkio}/blkio.throttle.io_service_bytes_recursive"),
        io_serviced=_block_io(f"{blkio}/blkio.throttle.io_serviced_recursive"),
    )


def _cpu(accounting: str, scheduling: str) -> CPUStats:
    throttling = files.read_table(f"{scheduling}/cpu.stat")
    return CPUStats(
        total=files.read_int(f"{accounting}/cpuacct.usage"),
        user=files.read_int(f"{accounting}/cpuacct.usage_user"),
        system=files.read_int(f"{accounting}/cpuacct.usage_sys"),
        per_cpu=tuple(map(int, files.read(f"{accounting}/cpuacct.usage_percpu").split())),
        periods=throttling.get("nr_periods", 0),
        throttled_periods=throttling.get("nr_throttled", 0),
        throttled_time=throttling.get("throttled_time", 0),
    )


def _memory(directory: str) -> MemoryStats:
    return MemoryStats(
        usage=files.read_int(f"{directory}/memory.usage_in_bytes"),
        maximum=files.read_int(f"{directory}/memory.max_usage_in_bytes"),
        limit=files.read_int(f"{directory}/memory.limit_in_bytes"),
        failures=files.read_int(f"{directory}/memory.failcnt"),
        detail=files.read_table(f"{directory}/memory.stat"),
    )


def _block_io(path: str) -> tuple[BlockIOEntry, ...]:
    lines = (line.split() for line in files.read(path).splitlines())
    return tuple(_entry(*line) for line in lines if len(line) == 3)


def _entry(device: str, operation: str, value: str) -> BlockIOEntry:
    major, _, minor = device.partition(":")
    return BlockIOEntry(int(major), int(minor), operation, int(value))
