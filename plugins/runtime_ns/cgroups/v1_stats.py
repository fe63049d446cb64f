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


def read_brief(directories: Mapping[str, str]) -> TaskStats | None:
    """Return one reading of what monitors ask for; None if the cgroup is not there."""
    accounting, memory = directories.get("cpuacct", ""), directories.get("memory", "")
    total = files.read(f"{accounting}/cpuacct.usage")
    if not total:
        return None
    throttling = files.read_table(f"{directories.get('cpu', '')}/cpu.stat")
    return TaskStats(
        cgroup_version=1,
        cpu=CPUStats(
            total=int(total),
            user=files.read_int(f"{accounting}/cpuacct.usage_user"),
            system=files.read_int(f"{accounting}/cpuacct.usage_sys"),
            periods=throttling.get("nr_periods", 0),
            throttled_periods=throttling.get("nr_throttled", 0),
            throttled_time=throttling.get("throttled_time", 0),
        ),
        memory=MemoryStats(
            usage=files.read_int(f"{memory}/memory.usage_in_bytes"),
            maximum=files.read_int(f"{memory}/memory.max_usage_in_bytes"),
            failures=files.read_int(f"{memory}/memory.failcnt"),
            oom_kills=_oom_kills(memory),
            detail=files.read_chosen(f"{memory}/memory.stat", ("total_rss", "total_cache", "total_inactive_file")),
        ),
        pids=files.read_int(f"{directories.get('pids', '')}/pids.current"),
        io_service_bytes=_block_io(f"{directories.get('blkio', '')}/blkio.throttle.io_service_bytes_recursive"),
    )


def _oom_kills(directory: str) -> int:
    return files.read_table(f"{directory}/memory.oom_control").get("oom_kill", 0)


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
        oom_kills=_oom_kills(directory),
        detail=files.read_table(f"{directory}/memory.stat"),
    )


def _block_io(path: str) -> tuple[BlockIOEntry, ...]:
    lines = (line.split() for line in files.read(path).splitlines())
    return tuple(_entry(*line) for line in lines if len(line) == 3)


def _entry(device: str, operation: str, value: str) -> BlockIOEntry:
    major, _, minor = device.partition(":")
    return BlockIOEntry(int(major), int(minor), operation, int(value))
