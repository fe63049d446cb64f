"""A container's figures, literally."""

from collections.abc import Mapping
from dataclasses import replace

import anyio
import pytest
from msgspec.structs import replace as changed

from plugins.api_metrics import containers
from plugins.api_metrics.text import Format, render
from sdk.drivers.runtime import BlockIOEntry, CPUStats, MemoryStats, TaskStats
from sdk.engine.config import ContainerConfig, HostConfig, Limits
from sdk.engine.containers import ContainerInfo, CreateRequest, InterfaceStats, StatsReading
from sdk.testing.fake import fake_engine

TASK = TaskStats(
    cgroup_version=1,
    cpu=CPUStats(2_500_000_000, 1_500_000_000, 1_000_000_000, (), 10, 4, 250_000_000),
    memory=MemoryStats(1000, 3000, 0, 7, {"total_rss": 300, "total_cache": 500, "total_inactive_file": 400}, 2),
    pids=3,
    io_service_bytes=(BlockIOEntry(4000, 1, "Read", 11), BlockIOEntry(4000, 1, "Write", 12), BlockIOEntry(4000, 1, "Total", 23)),
)
READING = StatsReading(5_000_000_000, 1, 2, TASK, {'e"0': InterfaceStats(1, 2, 3, 4, 5, 6, 7, 8)})
TEXT = """\
container_cpu_usage_seconds_total{@,cpu="total"} 2.5
container_cpu_user_seconds_total{@} 1.5
container_cpu_system_seconds_total{@} 1.0
container_cpu_cfs_periods_total{@} 10
container_cpu_cfs_throttled_periods_total{@} 4
container_cpu_cfs_throttled_seconds_total{@} 0.25
container_memory_usage_bytes{@} 1000
container_memory_working_set_bytes{@} 600
container_memory_rss{@} 300
container_memory_cache{@} 500
container_memory_max_usage_bytes{@} 3000
container_memory_failcnt{@} 7
container_oom_events_total{@} 2
container_processes{@} 3
container_start_time_seconds{@} 4.0
container_last_seen{@} 5.0
container_spec_memory_limit_bytes{@} 4096
container_spec_cpu_shares{@} 1024
container_spec_cpu_period{@} 100000
container_spec_cpu_quota{@} 150000
container_fs_reads_bytes_total{@,device="4000:1"} 11
container_fs_writes_bytes_total{@,device="4000:1"} 12
container_network_receive_bytes_total{@,interface="e\\"0"} 1
container_network_receive_packets_total{@,interface="e\\"0"} 2
container_network_receive_errors_total{@,interface="e\\"0"} 3
container_network_receive_packets_dropped_total{@,interface="e\\"0"} 4
container_network_transmit_bytes_total{@,interface="e\\"0"} 5
container_network_transmit_packets_total{@,interface="e\\"0"} 6
container_network_transmit_errors_total{@,interface="e\\"0"} 7
container_network_transmit_packets_dropped_total{@,interface="e\\"0"} 8
"""


async def _made() -> ContainerInfo:
    engine = fake_engine()
    config = ContainerConfig(image="busybox", labels={"team": "a", "other": "b"})
    limits = Limits(memory=4096, nano_cpus=1_500_000_000)
    made = await engine.containers.create(CreateRequest(config, HostConfig(limits=limits), name="web"))
    return replace(await engine.containers.inspect(made.id), started_ns=4_000_000_000)


@pytest.fixture
def info() -> ContainerInfo:
    return anyio.run(_made)


def text_of(info: ContainerInfo, reading: StatsReading = READING) -> str:
    text = render(containers.samples([containers.labelled(info, reading, ["team", "absent"])]), Format.TEXT).decode()
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def values(info: ContainerInfo, task: TaskStats = TASK) -> Mapping[str, str]:
    lines = (line.rpartition(" ") for line in text_of(info, replace(READING, task=task)).splitlines())
    return {name.partition("{")[0]: value for name, _, value in lines}


def limited(info: ContainerInfo, limits: Limits) -> ContainerInfo:
    return replace(info, host_config=changed(info.host_config, limits=limits))


def test_what_cadvisor_tells(info: ContainerInfo) -> None:
    labels = f'id="/docker/{info.id}",image="busybox",name="web",container_label_team="a"'
    assert text_of(info) == TEXT.replace("@", labels)


def test_memory_of_version_2(info: ContainerInfo) -> None:
    memory = MemoryStats(usage=1000, detail={"anon": 200, "file": 100, "inactive_file": 2000})
    found = values(info, TaskStats(2, memory=memory))
    names = ("container_memory_rss", "container_memory_cache", "container_memory_working_set_bytes")
    assert [found[name] for name in names] == ["200", "100", "0"]


@pytest.mark.parametrize(
    ("limits", "quota", "period"),
    [
        (Limits(), None, "100000"),
        (Limits(cpu_quota=-1), None, "100000"),
        (Limits(cpu_quota=5000, cpu_period=10_000), "5000", "10000"),
        (Limits(nano_cpus=500_000_000), "50000", "100000"),
    ],
)
def test_a_container_without_a_quota_has_no_such_series(info: ContainerInfo, limits: Limits, quota: str, period: str) -> None:
    found = values(limited(info, limits))
    assert (found.get("container_spec_cpu_quota"), found["container_spec_cpu_period"]) == (quota, period)


def test_a_parent_cgroup_is_in_the_id(info: ContainerInfo) -> None:
    placed = replace(info, host_config=changed(info.host_config, cgroup_parent="/batch/"))
    assert f'id="/batch/{info.id}"' in text_of(placed)
