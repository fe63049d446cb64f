"""One object of the stats stream."""

import json

import msgspec
import pytest

from plugins.api_docker.convert.stats import stats
from plugins.api_docker.versions import ApiVersion
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats
from sdk.engine.containers import InterfaceStats, StatsReading, StatsSample

MACHINE, NEW = 1000, ApiVersion(1, 52)


def reading(limit: int = 0, per_cpu: tuple[int, ...] = (), **more: object) -> StatsReading:
    task = TaskStats(
        cgroup_version=2,
        cpu=CPUStats(total=9, user=5, system=4, per_cpu=per_cpu, periods=1, throttled_periods=2, throttled_time=3),
        memory=MemoryStats(usage=100, maximum=200, limit=limit, failures=7, detail={"file": 30}),
        pids=3,
        pids_limit=4,
        io_service_bytes=(BlockIOEntry(8, 0, "read", 512),),
        io_serviced=(),
    )
    return StatsReading(**{"at_ns": 1_500_000_000, "task": task, "system_ns": 77, "online_cpus": 2, "networks": {}, **more})


def shown(sample: StatsSample, version: ApiVersion = NEW) -> dict[str, object]:
    return dict(json.loads(msgspec.json.encode(stats(sample, MACHINE, version))))


def test_a_container_that_does_not_run_is_zeros() -> None:
    told = shown(StatsSample("i", "n", None, None))
    assert (told["name"], told["id"], told["read"], told["preread"]) == ("/n", "i", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")
    assert told["cpu_stats"] == {
        "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
        "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
    }
    assert (told["memory_stats"], told["pids_stats"]) == ({}, {})
    assert "networks" not in told


def test_the_first_reading_has_none_before_it() -> None:
    told = shown(StatsSample("i", "n", reading(), None))
    assert (told["read"], told["preread"]) == ("1970-01-01T00:00:01.5Z", "0001-01-01T00:00:00Z")
    assert told["pids_stats"] == {"current": 3, "limit": 4}


@pytest.mark.parametrize(("limit", "told"), [(0, MACHINE), (500, 500), (MACHINE, MACHINE), (1 << 60, MACHINE)])
def test_no_limit_is_the_machines_memory(limit: int, told: int) -> None:
    memory = shown(StatsSample("i", "n", reading(limit), None))["memory_stats"]
    assert memory == {"usage": 100, "max_usage": 200, "stats": {"file": 30}, "failcnt": 7, "limit": told}


def test_processors_are_told_where_the_kernel_counts_them() -> None:
    def usage(sample: StatsReading) -> dict[str, object]:
        cpu = shown(StatsSample("i", "n", sample, sample))["precpu_stats"]
        assert isinstance(cpu, dict)
        assert (cpu["system_cpu_usage"], cpu["online_cpus"]) == (77, 2)
        return dict(cpu["cpu_usage"])

    assert usage(reading()) == {"total_usage": 9, "usage_in_kernelmode": 4, "usage_in_usermode": 5}
    assert usage(reading(per_cpu=(4, 5)))["percpu_usage"] == [4, 5]


def test_disks_and_networks() -> None:
    counters = InterfaceStats(*range(1, 9))
    told = shown(StatsSample("i", "n", reading(networks={"eth0": counters}), None))
    assert told["blkio_stats"]["io_service_bytes_recursive"] == [{"major": 8, "minor": 0, "op": "read", "value": 512}]
    assert told["blkio_stats"]["io_serviced_recursive"] is None
    assert sorted(told["networks"]["eth0"].values()) == list(range(1, 9))


def test_an_older_client_is_not_told_the_system() -> None:
    sample = StatsSample("i", "n", reading(), None)
    assert shown(sample)["os_type"] == "linux"
    assert "os_type" not in shown(sample, ApiVersion(1, 51))
