"""Limits of the specification as files of version 1, on directories that only look like cgroups."""

from pathlib import Path

import pytest

from plugins.runtime_ns.cgroups import files as cgroup_files
from plugins.runtime_ns.cgroups.v1_limits import device_rules, set_limits
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


def test_every_limit_has_its_file(tmp_path: Path) -> None:
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
    set_limits({name: str(path) for name, path in directories.items()}, EVERYTHING)
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


def test_a_limit_the_kernel_does_not_have_is_left_out(tmp_path: Path) -> None:
    set_limits({"blkio": str(tmp_path)}, EVERYTHING)
    assert contents(tmp_path) == {}


def test_a_refused_value_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "pids.max").mkdir()
    with pytest.raises(InvalidArgument, match=r'failed to write "100": pids\.max: is a directory'):
        set_limits({"pids": str(tmp_path)}, EVERYTHING)


def test_device_rules_of_version_1() -> None:
    rules = (oci.DeviceRule(allow=False), oci.DeviceRule(allow=True, type="b", major=8, access="r"))
    written = list(device_rules(rules))
    assert written[0] == ("devices.deny", ["a"])
    assert written[1][0] == "devices.allow"
    assert written[1][1][:3] == ["b 8:* r", "c *:* m", "b *:* m"]
    assert len(written) == 2


def test_memory_and_swap_go_in_the_order_that_the_kernel_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel refuses memory above memory plus swap; this directory does so as well."""
    files(tmp_path, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    written: list[str] = []
    now = {"memory.limit_in_bytes": 100, "memory.memsw.limit_in_bytes": 100}

    def write(path: str, value: str) -> None:
        name = Path(path).name
        after = {**now, name: int(value)}
        if after["memory.limit_in_bytes"] > after["memory.memsw.limit_in_bytes"]:
            raise OSError(22, "Invalid argument")
        now.update(after)
        written.append(name)

    monkeypatch.setattr(cgroup_files, "write", write)
    for memory, swap in ((50, 60), (200, 300), (10, 20)):
        set_limits({"memory": str(tmp_path)}, oci.Resources(memory=oci.MemoryLimits(limit=memory, swap=swap)))
        assert now == {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": swap}
    with pytest.raises(InvalidArgument, match="invalid argument"):
        set_limits({"memory": str(tmp_path)}, oci.Resources(memory=oci.MemoryLimits(limit=30, swap=20)))


def test_everything_allowed_needs_no_defaults_and_a_default_is_not_repeated() -> None:
    everything = oci.DeviceRule(allow=True)
    assert list(device_rules((everything,))) == [("devices.allow", ["a"])]
    null = oci.DeviceRule(allow=True, type="c", major=1, minor=3)
    ((_, denied), (_, allowed)) = device_rules((oci.DeviceRule(allow=False), null))
    assert denied == ["a"]
    assert allowed.count("c 1:3 rwm") == 1
