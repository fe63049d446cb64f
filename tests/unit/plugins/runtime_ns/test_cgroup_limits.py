"""Limits of the specification as the kernel's files, on directories that only look like cgroups."""

from pathlib import Path

import pytest

from plugins.runtime_ns.cgroups import v1_limits as cgroup_v1_limits
from plugins.runtime_ns.cgroups import v2_limits as cgroup_v2_limits
from plugins.runtime_ns.cgroups.v2_limits import swap_alone, weight_of
from sdk.errors import InvalidArgument
from sdk.oci import runtime as oci

EVERYTHING = oci.Resources(
    memory=oci.MemoryLimits(limit=1 << 20, swap=3 << 20, reservation=1 << 19, swappiness=10, disable_oom_killer=True),
    cpu=oci.CPULimits(shares=512, quota=50000, period=100000, cpus="0", mems="0"),
    pids=oci.PidsLimit(100),
    block_io=oci.BlockIOLimits(weight=500, throttle_read_bps_device=(oci.ThrottleDevice(8, 0, 1000),)),
)


def files(directory: Path, *names: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name in names:
        (directory / name).touch()
    return directory


def contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir()}


def test_version_1(tmp_path: Path) -> None:
    memory = files(
        tmp_path / "memory",
        "memory.limit_in_bytes",
        "memory.memsw.limit_in_bytes",
        "memory.soft_limit_in_bytes",
        "memory.swappiness",
        "memory.oom_control",
    )
    cpu = files(tmp_path / "cpu", "cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us")
    rest = files(tmp_path / "rest", "pids.max", "cpuset.cpus", "cpuset.mems", "blkio.weight", "blkio.throttle.read_bps_device")
    directories = {"memory": memory, "cpu": cpu} | dict.fromkeys(("pids", "cpuset", "blkio"), rest)
    cgroup_v1_limits.set_limits({name: str(path) for name, path in directories.items()}, EVERYTHING)
    assert contents(memory) == {
        "memory.limit_in_bytes": "1048576",
        "memory.memsw.limit_in_bytes": "3145728",
        "memory.soft_limit_in_bytes": "524288",
        "memory.swappiness": "10",
        "memory.oom_control": "1",
    }
    assert contents(cpu) == {"cpu.shares": "512", "cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000"}
    assert contents(rest) == {
        "pids.max": "100",
        "cpuset.cpus": "0",
        "cpuset.mems": "0",
        "blkio.weight": "500",
        "blkio.throttle.read_bps_device": "8:0 1000",
    }


def test_version_2(tmp_path: Path) -> None:
    names = (
        "memory.max",
        "memory.swap.max",
        "memory.low",
        "cpu.weight",
        "cpu.max",
        "cpuset.cpus",
        "cpuset.mems",
        "pids.max",
        "io.weight",
        "io.max",
    )
    cgroup_v2_limits.set_limits(str(files(tmp_path, *names)), EVERYTHING)
    assert contents(tmp_path) == {
        "memory.max": "1048576",
        "memory.swap.max": "2097152",
        "memory.low": "524288",
        "cpu.weight": "20",
        "cpu.max": "50000 100000",
        "cpuset.cpus": "0",
        "cpuset.mems": "0",
        "pids.max": "100",
        "io.weight": "4950",
        "io.max": "8:0 rbps=1000",
    }


def test_what_is_not_said_is_not_written(tmp_path: Path) -> None:
    files(tmp_path, "memory.max", "memory.low")
    cgroup_v2_limits.set_limits(str(tmp_path), oci.Resources(memory=oci.MemoryLimits(reservation=5)))
    assert contents(tmp_path) == {"memory.max": "", "memory.low": "5"}


def test_unlimited(tmp_path: Path) -> None:
    files(tmp_path, "pids.max", "memory.max", "cpu.max")
    unlimited = oci.Resources(memory=oci.MemoryLimits(limit=-1), pids=oci.PidsLimit(-1), cpu=oci.CPULimits(quota=-1))
    cgroup_v2_limits.set_limits(str(tmp_path), unlimited)
    assert contents(tmp_path) == {"pids.max": "max", "memory.max": "max", "cpu.max": "max 100000"}


def test_a_limit_the_kernel_does_not_have_is_left_out(tmp_path: Path) -> None:
    cgroup_v1_limits.set_limits({"blkio": str(tmp_path)}, EVERYTHING)
    assert contents(tmp_path) == {}


def test_a_refused_value_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "pids.max").mkdir()
    with pytest.raises(InvalidArgument, match=r'failed to write "100": pids\.max: is a directory'):
        cgroup_v1_limits.set_limits({"pids": str(tmp_path)}, EVERYTHING)


@pytest.mark.parametrize(("both", "memory", "swap"), [(300, 100, "200"), (100, 100, "0"), (-1, 100, "max"), (50, 100, "0")])
def test_swap_alone(both: int, memory: int, swap: str) -> None:
    assert swap_alone(both, memory) == swap


@pytest.mark.parametrize(("shares", "weight"), [(2, 1), (1024, 39), (262144, 10000), (0, 1)])
def test_weights(shares: int, weight: int) -> None:
    assert weight_of(shares) == weight


def test_device_rules_of_version_1() -> None:
    rules = (oci.DeviceRule(allow=False), oci.DeviceRule(allow=True, type="b", major=8, access="r"))
    written = list(cgroup_v1_limits.device_rules(rules))
    assert written[0] == ("devices.deny", ["a"])
    assert written[1][0] == "devices.allow"
    assert written[1][1][:3] == ["b 8:* r", "c *:* m", "b *:* m"]
    assert len(written) == 2
