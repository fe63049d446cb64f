"""Limits of the runtime specification as files of version 2."""

from collections.abc import Iterator

from plugins.runtime_ns.cgroups import files
from sdk.oci.runtime import BlockIOLimits, CPULimits, MemoryLimits, Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write all limits that are not None. Raises InvalidArgument."""
    for name, value in _limits(directory, resources):
        files.set_limit(f"{directory}/{name}", value)


def _limits(directory: str, resources: Resources) -> Iterator[tuple[str, str]]:
    if resources.memory:
        yield from _memory(resources.memory)
    if resources.cpu:
        yield from _cpu(directory, resources.cpu)
    if resources.pids:
        yield "pids.max", str(resources.pids.limit) if resources.pids.limit > 0 else "max"
    if resources.block_io:
        yield from _block_io(resources.block_io)


def _bytes(value: int) -> str:
    return "max" if value < 0 else str(value)


def _memory(memory: MemoryLimits) -> Iterator[tuple[str, str]]:
    if memory.limit is not None:
        yield "memory.max", _bytes(memory.limit)
    if memory.swap is not None:
        yield "memory.swap.max", swap_alone(memory.swap, memory.limit or 0)
    if memory.reservation is not None:
        yield "memory.low", _bytes(memory.reservation)


def swap_alone(both: int, memory: int) -> str:
    """Return the limit of swap alone, from that of memory plus swap."""
    return "max" if both < 0 or memory < 0 else str(max(both - memory, 0))


def _cpu(directory: str, cpu: CPULimits) -> Iterator[tuple[str, str]]:
    if cpu.shares is not None:
        yield "cpu.weight", str(weight_of(cpu.shares))
    if cpu.quota is not None or cpu.period is not None:
        quota, _, period = (files.read(f"{directory}/cpu.max") or "max 100000").partition(" ")
        if cpu.quota is not None:
            quota = str(cpu.quota) if cpu.quota > 0 else "max"
        yield "cpu.max", f"{quota} {cpu.period or period}"
    if cpu.cpus:
        yield "cpuset.cpus", cpu.cpus
    if cpu.mems:
        yield "cpuset.mems", cpu.mems


def weight_of(shares: int) -> int:
    """Return the weight (1 to 10000) for shares (2 to 262144), as systemd and runc convert them."""
    return 1 + (min(max(shares, 2), 262144) - 2) * 9999 // 262142


def _block_io(limits: BlockIOLimits) -> Iterator[tuple[str, str]]:
    if limits.weight is not None:
        yield "io.bfq.weight", str(limits.weight)
        yield "io.weight", str(1 + (limits.weight - 10) * 9999 // 990)
    for weight in limits.weight_device:
        yield "io.bfq.weight", f"{weight.major}:{weight.minor} {weight.weight}"
    for key, devices in (
        ("rbps", limits.throttle_read_bps_device),
        ("wbps", limits.throttle_write_bps_device),
        ("riops", limits.throttle_read_iops_device),
        ("wiops", limits.throttle_write_iops_device),
    ):
        for device in devices:
            yield "io.max", f"{device.major}:{device.minor} {key}={device.rate}"
