"""Counters from the files of both versions of cgroups."""

from plugins.runtime_oci.stats import NANOSECONDS_PER_TICK, UNLIMITED, read_stats
from sdk.drivers.runtime import BlockIOEntry


def test_files_of_version_1(tmp_path):
    files = {
        "cpuacct/core/x/cpuacct.usage": "9\n",
        "cpuacct/core/x/cpuacct.usage_percpu": "4 5 \n",
        "cpuacct/core/x/cpuacct.stat": "user 6\nsystem 3\n",
        "cpu/core/x/cpu.stat": "nr_periods 1\nnr_throttled 2\nthrottled_time 3\n",
        "memory/core/x/memory.usage_in_bytes": "50\n",
        "memory/core/x/memory.max_usage_in_bytes": "60\n",
        "memory/core/x/memory.limit_in_bytes": "100\n",
        "memory/core/x/memory.failcnt": "7\n",
        "memory/core/x/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
        "memory/core/x/memory.stat": "cache 1\nrss 2\n",
        "pids/core/x/pids.current": "2\n",
        "pids/core/x/pids.max": "max\n",
        "blkio/core/x/blkio.throttle.io_service_bytes_recursive": "8:1 Read 4096\n8:1 Total 4096\nTotal 4096\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    stats = read_stats(1, "/core/x", tmp_path)
    assert (stats.cpu.total, stats.cpu.per_cpu) == (9, (4, 5))
    assert (stats.cpu.user, stats.cpu.system) == (6 * NANOSECONDS_PER_TICK, 3 * NANOSECONDS_PER_TICK)
    assert (stats.cpu.periods, stats.cpu.throttled_periods, stats.cpu.throttled_time) == (1, 2, 3)
    assert (stats.memory.usage, stats.memory.maximum, stats.memory.limit, stats.memory.failures) == (50, 60, 100, 7)
    assert stats.memory.oom_kills == 3
    assert stats.memory.detail == {"cache": 1, "rss": 2}
    assert (stats.pids, stats.pids_limit) == (2, 0)
    assert stats.io_service_bytes == (BlockIOEntry(8, 1, "Read", 4096), BlockIOEntry(8, 1, "Total", 4096))
    assert stats.io_serviced == ()


def test_files_of_version_2(tmp_path):
    group = tmp_path / "core/x"
    group.mkdir(parents=True)
    files = {
        "cpu.stat": "usage_usec 7\nuser_usec 5\nsystem_usec 2\nnr_periods 1\nnr_throttled 1\nthrottled_usec 3\n",
        "memory.current": "50\n",
        "memory.max": "max\n",
        "memory.stat": "anon 40\nfile 10\n",
        "memory.events": "low 0\nmax 4\noom_kill 5\n",
        "pids.current": "3\n",
        "pids.max": "20\n",
        "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n",
    }
    for name, text in files.items():
        (group / name).write_text(text)
    stats = read_stats(2, "core/x", tmp_path)
    assert (stats.cpu.total, stats.cpu.user, stats.cpu.system, stats.cpu.throttled_time) == (7000, 5000, 2000, 3000)
    assert (stats.memory.usage, stats.memory.limit, stats.memory.failures) == (50, UNLIMITED, 4)
    assert stats.memory.oom_kills == 5
    assert stats.memory.detail == {"anon": 40, "file": 10}
    assert (stats.pids, stats.pids_limit) == (3, 20)
    assert stats.io_service_bytes == (BlockIOEntry(8, 0, "read", 10), BlockIOEntry(8, 0, "write", 20))
    assert stats.io_serviced == (BlockIOEntry(8, 0, "read", 1), BlockIOEntry(8, 0, "write", 2))


def test_no_files_are_zeros(tmp_path):
    assert read_stats(2, "/gone", tmp_path).memory.usage == 0
