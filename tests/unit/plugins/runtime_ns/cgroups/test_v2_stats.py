"""Counters of version 2, from files as kernels write them."""

from pathlib import Path

from plugins.runtime_ns.cgroups.v2_stats import read_brief, read_stats
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats

FILES = {
    "cpu.stat": "usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 1\nnr_throttled 2\nthrottled_usec 3\n",
    "memory.current": "4096\n",
    "memory.peak": "8192\n",
    "memory.max": "max\n",
    "memory.events": "low 0\nhigh 0\nmax 7\noom 1\noom_kill 2\n",
    "memory.stat": "anon 5\ninactive_file 6\n",
    "pids.current": "3\n",
    "pids.max": "100\n",
    "io.stat": "8:0 rbytes=512 wbytes=1 rios=2 wios=3 dbytes=4 dios=5\n8:16 \n(unknown) rbytes=9\n254:0 rbytes=7 cost.usage=8\n",
}


def test_a_reading(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    assert read_stats(str(tmp_path)) == TaskStats(
        cgroup_version=2,
        cpu=CPUStats(total=9000, user=5000, system=4000, periods=1, throttled_periods=2, throttled_time=3000),
        memory=MemoryStats(4096, 8192, 0, 7, {"anon": 5, "inactive_file": 6}, oom_kills=2),
        pids=3,
        pids_limit=100,
        io_service_bytes=(
            BlockIOEntry(8, 0, "read", 512),
            BlockIOEntry(8, 0, "write", 1),
            BlockIOEntry(8, 0, "discard", 4),
            BlockIOEntry(254, 0, "read", 7),
        ),
        io_serviced=(BlockIOEntry(8, 0, "read", 2), BlockIOEntry(8, 0, "write", 3), BlockIOEntry(8, 0, "discard", 5)),
    )


def test_what_a_kernel_does_not_count_is_nothing(tmp_path: Path) -> None:
    assert read_stats(str(tmp_path)) == TaskStats(cgroup_version=2)


def test_a_brief_reading(tmp_path: Path) -> None:
    assert read_brief(str(tmp_path)) is None
    for name, content in {**FILES, "cgroup.procs": "", "memory.stat": "anon 5\nfile_mapped 8\nfile 7\ninactive_file 6\n"}.items():
        (tmp_path / name).write_text(content)
    assert read_brief(str(tmp_path)) == TaskStats(
        cgroup_version=2,
        cpu=CPUStats(total=9000, user=5000, system=4000, periods=1, throttled_periods=2, throttled_time=3000),
        memory=MemoryStats(4096, 8192, 0, 7, {"anon": 5, "file": 7, "inactive_file": 6}, oom_kills=2),
        pids=3,
        io_service_bytes=(
            BlockIOEntry(8, 0, "read", 512),
            BlockIOEntry(8, 0, "write", 1),
            BlockIOEntry(8, 0, "discard", 4),
            BlockIOEntry(254, 0, "read", 7),
        ),
    )
