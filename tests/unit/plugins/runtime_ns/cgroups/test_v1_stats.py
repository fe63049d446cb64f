"""Counters of version 1, from files as kernels write them."""

from pathlib import Path

from plugins.runtime_ns.cgroups.v1_stats import read_brief, read_stats
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats

FILES = {
    "cpuacct/cpuacct.usage": "900\n",
    "cpuacct/cpuacct.usage_user": "500\n",
    "cpuacct/cpuacct.usage_sys": "400\n",
    "cpuacct/cpuacct.usage_percpu": "300 600 \n",
    "cpu/cpu.stat": "nr_periods 1\nnr_throttled 2\nthrottled_time 3\n",
    "memory/memory.usage_in_bytes": "4096\n",
    "memory/memory.max_usage_in_bytes": "8192\n",
    "memory/memory.limit_in_bytes": "9223372036854771712\n",
    "memory/memory.failcnt": "7\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "memory/memory.stat": "cache 5\ntotal_inactive_file 6\n",
    "pids/pids.current": "3\n",
    "pids/pids.max": "max\n",
    "blkio/blkio.throttle.io_service_bytes_recursive": "8:0 Read 512\n8:0 Write 0\nTotal 512\n",
    "blkio/blkio.throttle.io_serviced_recursive": "Total 0\n",
}


def test_a_reading(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert read_stats({path.name: str(path) for path in tmp_path.iterdir()}) == TaskStats(
        cgroup_version=1,
        cpu=CPUStats(total=900, user=500, system=400, per_cpu=(300, 600), periods=1, throttled_periods=2, throttled_time=3),
        memory=MemoryStats(4096, 8192, 9223372036854771712, 7, {"cache": 5, "total_inactive_file": 6}, oom_kills=2),
        pids=3,
        pids_limit=0,
        io_service_bytes=(BlockIOEntry(8, 0, "Read", 512), BlockIOEntry(8, 0, "Write", 0)),
        io_serviced=(),
    )


def test_what_a_kernel_does_not_count_is_nothing(tmp_path: Path) -> None:
    assert read_stats({}) == read_stats({"cpu": str(tmp_path), "memory": str(tmp_path)}) == TaskStats(cgroup_version=1)


def test_a_brief_reading(tmp_path: Path) -> None:
    (tmp_path / "cpuacct").mkdir()
    (tmp_path / "memory").mkdir()
    directories = {path.name: str(path) for path in tmp_path.iterdir()}
    assert read_brief(directories) is None
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert read_brief({path.name: str(path) for path in tmp_path.iterdir()}) == TaskStats(
        cgroup_version=1,
        cpu=CPUStats(total=900, user=500, system=400, periods=1, throttled_periods=2, throttled_time=3),
        memory=MemoryStats(4096, 8192, 0, 7, {"total_inactive_file": 6}, oom_kills=2),
        pids=3,
        io_service_bytes=(BlockIOEntry(8, 0, "Read", 512), BlockIOEntry(8, 0, "Write", 0)),
    )
