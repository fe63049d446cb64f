"""Counters from runc's JSON and from files of cgroup version 2."""

from plugins.runtime_oci.stats import UNLIMITED, parse_reading, read_version_2
from sdk.drivers.runtime import BlockIOEntry

READING = b"""{"type":"stats","id":"x","data":{
 "cpu":{"usage":{"total":9,"percpu":[4,5],"kernel":3,"user":6},"throttling":{"periods":1,"throttledPeriods":2,"throttledTime":3}},
 "memory":{"usage":{"limit":100,"usage":50,"max":60,"failcnt":7},"raw":{"cache":1}},
 "pids":{"current":2,"limit":20},
 "blkio":{"ioServiceBytesRecursive":[{"major":8,"minor":1,"op":"Read","value":4096}],"ioServicedRecursive":null},
 "hugetlb":{},"intel_rdt":{},"network_interfaces":null}}"""


def test_runcs_words():
    stats = parse_reading(READING, 1)
    assert (stats.cpu.total, stats.cpu.user, stats.cpu.system, stats.cpu.per_cpu) == (9, 6, 3, (4, 5))
    assert (stats.cpu.periods, stats.cpu.throttled_periods, stats.cpu.throttled_time) == (1, 2, 3)
    assert (stats.memory.usage, stats.memory.maximum, stats.memory.limit, stats.memory.failures) == (50, 60, 100, 7)
    assert stats.memory.detail == {"cache": 1}
    assert (stats.pids, stats.pids_limit) == (2, 20)
    assert stats.io_service_bytes == (BlockIOEntry(8, 1, "Read", 4096),)
    assert stats.io_serviced == ()


def test_files_of_version_2(tmp_path):
    group = tmp_path / "core/x"
    group.mkdir(parents=True)
    files = {
        "cpu.stat": "usage_usec 7\nuser_usec 5\nsystem_usec 2\nnr_periods 1\nnr_throttled 1\nthrottled_usec 3\n",
        "memory.current": "50\n",
        "memory.max": "max\n",
        "memory.stat": "anon 40\nfile 10\n",
        "memory.events": "low 0\nmax 4\noom_kill 0\n",
        "pids.current": "3\n",
        "pids.max": "20\n",
        "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n",
    }
    for name, text in files.items():
        (group / name).write_text(text)
    stats = read_version_2("/core/x", tmp_path)
    assert (stats.cpu.total, stats.cpu.user, stats.cpu.system, stats.cpu.throttled_time) == (7000, 5000, 2000, 3000)
    assert (stats.memory.usage, stats.memory.limit, stats.memory.failures) == (50, UNLIMITED, 4)
    assert stats.memory.detail == {"anon": 40, "file": 10}
    assert (stats.pids, stats.pids_limit) == (3, 20)
    assert stats.io_service_bytes == (BlockIOEntry(8, 0, "read", 10), BlockIOEntry(8, 0, "write", 20))
    assert stats.io_serviced == (BlockIOEntry(8, 0, "read", 1), BlockIOEntry(8, 0, "write", 2))


def test_no_files_are_zeros(tmp_path):
    assert read_version_2("/gone", tmp_path).memory.usage == 0
