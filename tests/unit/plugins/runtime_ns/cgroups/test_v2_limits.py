"""Limits of the specification as files of version 2, on directories that only look like cgroups."""

from pathlib import Path

import pytest

from plugins.runtime_ns.cgroups.v2_limits import set_limits, swap_alone, weight_of
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


def test_every_limit_has_its_file(tmp_path: Path) -> None:
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
    set_limits(str(files(tmp_path, *names)), EVERYTHING)
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
    set_limits(str(tmp_path), oci.Resources(memory=oci.MemoryLimits(reservation=5)))
    assert contents(tmp_path) == {"memory.max": "", "memory.low": "5"}


def test_unlimited(tmp_path: Path) -> None:
    files(tmp_path, "pids.max", "memory.max", "cpu.max")
    unlimited = oci.Resources(memory=oci.MemoryLimits(limit=-1), pids=oci.PidsLimit(-1), cpu=oci.CPULimits(quota=-1))
    set_limits(str(tmp_path), unlimited)
    assert contents(tmp_path) == {"pids.max": "max", "memory.max": "max", "cpu.max": "max 100000"}


@pytest.mark.parametrize(("both", "memory", "swap"), [(300, 100, "200"), (100, 100, "0"), (-1, 100, "max"), (50, 100, "0")])
def test_swap_alone(both: int, memory: int, swap: str) -> None:
    assert swap_alone(both, memory) == swap


@pytest.mark.parametrize(("shares", "weight"), [(2, 1), (1024, 39), (262144, 10000), (0, 1)])
def test_weights(shares: int, weight: int) -> None:
    assert weight_of(shares) == weight


@pytest.mark.parametrize(
    ("before", "cpu", "after"),
    [
        ("max 100000", oci.CPULimits(quota=50_000), "50000 100000"),
        ("50000 100000", oci.CPULimits(period=20_000), "50000 20000"),
        ("50000 20000", oci.CPULimits(quota=-1), "max 20000"),
        ("50000 20000", oci.CPULimits(quota=0), "max 20000"),
        ("", oci.CPULimits(quota=5_000, period=10_000), "5000 10000"),
    ],
)
def test_a_quota_and_a_period_may_come_alone(tmp_path: Path, before: str, cpu: oci.CPULimits, after: str) -> None:
    (tmp_path / "cpu.max").write_text(before)
    set_limits(str(tmp_path), oci.Resources(cpu=cpu))
    assert (tmp_path / "cpu.max").read_text()[: len(after)] == after


def test_each_throttled_device_has_its_line(tmp_path: Path) -> None:
    """The kernel takes one device a write; the last one is what a plain file holds."""
    files(tmp_path, "io.max", "io.bfq.weight")
    one = (oci.ThrottleDevice(8, 0, 5),)
    for name, key in (("read_bps", "rbps"), ("write_bps", "wbps"), ("read_iops", "riops"), ("write_iops", "wiops")):
        (tmp_path / "io.max").write_text("")
        limits = oci.BlockIOLimits(**{f"throttle_{name}_device": one})
        set_limits(str(tmp_path), oci.Resources(block_io=limits))
        assert (tmp_path / "io.max").read_text() == f"8:0 {key}=5"


@pytest.mark.parametrize(("weight", "told"), [(10, "1"), (500, "4950"), (1000, "10000")])
def test_weights_of_disks(tmp_path: Path, weight: int, told: str) -> None:
    files(tmp_path, "io.weight", "io.bfq.weight")
    set_limits(str(tmp_path), oci.Resources(block_io=oci.BlockIOLimits(weight=weight)))
    assert contents(tmp_path) == {"io.weight": told, "io.bfq.weight": str(weight)}
