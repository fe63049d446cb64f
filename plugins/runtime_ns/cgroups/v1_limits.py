"""Limits of the runtime specification as files of version 1."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from plugins.runtime_ns.cgroups import files
from plugins.runtime_ns.cgroups.device_rules import with_defaults
from sdk.errors import InvalidArgument
from sdk.oci.runtime import BlockIOLimits, CPULimits, DeviceRule, MemoryLimits, Resources


def set_limits(directories: Mapping[str, str], resources: Resources) -> None:
    """Write all limits that are not None. Raises InvalidArgument."""
    if resources.memory:
        _set_memory(directories.get("memory", ""), resources.memory)
    for controller, name, value in _limits(resources):
        if controller in directories:
            files.set_limit(f"{directories[controller]}/{name}", value)


def _set_memory(directory: str, memory: MemoryLimits) -> None:
    """Memory alone must never be above memory plus swap: which of the two goes first depends on which way they move."""
    limits = [("memory.limit_in_bytes", memory.limit), ("memory.memsw.limit_in_bytes", memory.swap)]
    pair = [(f"{directory}/{name}", str(value)) for name, value in limits if value is not None]
    try:
        _write_all(pair)
    except InvalidArgument:
        _write_all(pair[::-1])


def _write_all(limits: Sequence[tuple[str, str]]) -> None:
    for path, value in limits:
        files.set_limit(path, value)


def _limits(resources: Resources) -> Iterator[tuple[str, str, str]]:
    for controller, limits in (
        ("memory", _memory(resources.memory) if resources.memory else ()),
        ("cpu", _cpu(resources.cpu) if resources.cpu else ()),
        ("cpuset", _cpuset(resources.cpu) if resources.cpu else ()),
        ("blkio", _block_io(resources.block_io) if resources.block_io else ()),
    ):
        for name, value in limits:
            if value not in (None, ""):
                yield controller, name, str(value)
    if resources.pids:
        yield "pids", "pids.max", str(resources.pids.limit) if resources.pids.limit > 0 else "max"


def _memory(memory: MemoryLimits) -> Iterator[tuple[str, int | None]]:
    yield "memory.soft_limit_in_bytes", memory.reservation
    yield "memory.swappiness", memory.swappiness
    yield "memory.oom_control", None if memory.disable_oom_killer is None else int(memory.disable_oom_killer)


def _cpu(cpu: CPULimits) -> Iterator[tuple[str, int | None]]:
    yield "cpu.shares", cpu.shares
    yield "cpu.cfs_period_us", cpu.period
    yield "cpu.cfs_quota_us", cpu.quota
    yield "cpu.rt_period_us", cpu.realtime_period
    yield "cpu.rt_runtime_us", cpu.realtime_runtime


def _cpuset(cpu: CPULimits) -> Iterator[tuple[str, str]]:
    yield "cpuset.cpus", cpu.cpus
    yield "cpuset.mems", cpu.mems


def _block_io(limits: BlockIOLimits) -> Iterator[tuple[str, str | int | None]]:
    yield "blkio.weight", limits.weight
    yield "blkio.bfq.weight", limits.weight
    for weight in limits.weight_device:
        yield "blkio.weight_device", f"{weight.major}:{weight.minor} {weight.weight}"
    for name, devices in (
        ("blkio.throttle.read_bps_device", limits.throttle_read_bps_device),
        ("blkio.throttle.write_bps_device", limits.throttle_write_bps_device),
        ("blkio.throttle.read_iops_device", limits.throttle_read_iops_device),
        ("blkio.throttle.write_iops_device", limits.throttle_write_iops_device),
    ):
        for device in devices:
            yield name, f"{device.major}:{device.minor} {device.rate}"


def device_rules(rules: Sequence[DeviceRule]) -> Iterator[tuple[str, list[str]]]:
    """Yield the files to write, in order, with what is written into them."""
    for allow, group in groupby(with_defaults(rules), key=lambda rule: rule.allow):
        yield ("devices.allow" if allow else "devices.deny"), [_rule(rule) for rule in group]


def _rule(rule: DeviceRule) -> str:
    if rule.type == "a":
        return "a"
    major = "*" if rule.major is None else rule.major
    minor = "*" if rule.minor is None else rule.minor
    return f"{rule.type} {major}:{minor} {rule.access}"
