"""Limits of a container as resources of the runtime specification, for its start and for its update."""

from msgspec.structs import replace

from core.containers.limits.devices import HostDevices
from sdk.engine import config as engine
from sdk.engine.config import Limits, UpdateRequest
from sdk.oci import runtime as oci
from sdk.oci.cgroups import clean_cgroup_path

CPU_PERIOD = 100_000
"""Microseconds; the period in which `--cpus` is accounted."""


def cgroup_of(parent: str, instance: str, container_id: str) -> str:
    """Return a container's cgroup below the root of every hierarchy, as `--cgroup-parent` says; "" stands for the daemon's own parent."""
    return clean_cgroup_path(f"{parent or f'core-{instance}'}/{container_id}")


def _set(value: int | None) -> int | None:
    return value or None


def _pids(limit: int | None) -> oci.PidsLimit | None:
    if limit is None:
        return None
    return oci.PidsLimit(limit if limit > 0 else -1)


def memory_swap(memory: int, swap: int) -> int:
    """Return the limit of memory plus swap: twice the memory unless it was said."""
    return swap or 2 * memory


def _memory(asked: Limits) -> oci.MemoryLimits | None:
    limits = oci.MemoryLimits(
        limit=_set(asked.memory),
        reservation=_set(asked.memory_reservation),
        swap=_set(memory_swap(asked.memory, asked.memory_swap)),
        swappiness=None if asked.memory_swappiness == -1 else asked.memory_swappiness,
        disable_oom_killer=asked.oom_kill_disable or None,
    )
    return None if limits == oci.MemoryLimits() else limits


def _quota(nano_cpus: int | None, quota: int | None, period: int | None) -> tuple[int | None, int | None]:
    """Return quota and period in microseconds."""
    if nano_cpus:
        return nano_cpus * CPU_PERIOD // 1_000_000_000, CPU_PERIOD
    return _set(quota), _set(period)


def _cpu(asked: Limits | UpdateRequest) -> oci.CPULimits | None:
    quota, period = _quota(asked.nano_cpus, asked.cpu_quota, asked.cpu_period)
    limits = oci.CPULimits(
        shares=_set(asked.cpu_shares),
        quota=quota,
        period=period,
        realtime_runtime=_set(asked.cpu_realtime_runtime),
        realtime_period=_set(asked.cpu_realtime_period),
        cpus=asked.cpuset_cpus or "",
        mems=asked.cpuset_mems or "",
    )
    return None if limits == oci.CPULimits() else limits


def _throttles(devices: tuple[engine.ThrottleDevice, ...], lookup: HostDevices) -> tuple[oci.ThrottleDevice, ...]:
    return tuple(oci.ThrottleDevice(node.major, node.minor, device.rate) for device in devices for node in lookup(device.path)[:1])


def _weights(devices: tuple[engine.WeightDevice, ...], lookup: HostDevices) -> tuple[oci.WeightDevice, ...]:
    return tuple(oci.WeightDevice(node.major, node.minor, device.weight) for device in devices for node in lookup(device.path)[:1])


def _block_io(asked: Limits | UpdateRequest, lookup: HostDevices) -> oci.BlockIOLimits | None:
    limits = oci.BlockIOLimits(
        weight=_set(asked.blkio_weight),
        weight_device=_weights(asked.blkio_weight_device or (), lookup),
        throttle_read_bps_device=_throttles(asked.blkio_device_read_bps or (), lookup),
        throttle_write_bps_device=_throttles(asked.blkio_device_write_bps or (), lookup),
        throttle_read_iops_device=_throttles(asked.blkio_device_read_iops or (), lookup),
        throttle_write_iops_device=_throttles(asked.blkio_device_write_iops or (), lookup),
    )
    return None if limits == oci.BlockIOLimits() else limits


def container_resources(asked: Limits, rules: tuple[oci.DeviceRule, ...], lookup: HostDevices) -> oci.Resources:
    """Return everything a container is limited to, its device rules included."""
    return oci.Resources(
        devices=rules,
        memory=_memory(asked),
        cpu=_cpu(asked),
        pids=_pids(asked.pids_limit),
        block_io=_block_io(asked, lookup),
    )


def runtime_resources(update: UpdateRequest, present: Limits, lookup: HostDevices) -> oci.Resources:
    """Return what an update changes in a running container; what it does not name (or names 0) stays. `present` has it all by now.

    Memory and memory plus swap change together: cgroup version 2 limits swap alone, which is their difference.
    """
    memory = oci.MemoryLimits(reservation=_set(update.memory_reservation))
    if update.memory or update.memory_swap:
        memory = replace(memory, limit=_set(present.memory), swap=_set(memory_swap(present.memory, present.memory_swap)))
    return oci.Resources(
        memory=None if memory == oci.MemoryLimits() else memory,
        cpu=_cpu(update),
        pids=_pids(update.pids_limit),
        block_io=_block_io(update, lookup),
    )
