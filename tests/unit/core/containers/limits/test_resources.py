"""Limits at start and at update."""

from core.containers.limits.resources import container_resources, runtime_resources
from sdk.engine.config import Limits, ThrottleDevice, UpdateRequest, WeightDevice
from sdk.oci import runtime as oci


def no_devices(path: str) -> tuple[oci.Device, ...]:
    raise AssertionError(path)


def test_nothing_asked_limits_nothing():
    assert container_resources(Limits(), (), no_devices) == oci.Resources()


def test_memory_in_all_its_ways():
    host = Limits(memory=100, memory_reservation=50, memory_swappiness=10, oom_kill_disable=True)
    assert container_resources(host, (), no_devices).memory == oci.MemoryLimits(
        limit=100, reservation=50, swap=200, swappiness=10, disable_oom_killer=True
    )
    assert container_resources(Limits(memory_swappiness=-1), (), no_devices).memory is None


def test_block_devices_are_looked_up():
    host = Limits(
        blkio_weight=300,
        blkio_weight_device=(WeightDevice("/dev/sda", 200),),
        blkio_device_read_bps=(ThrottleDevice("/dev/sda", 1000),),
        blkio_device_write_iops=(ThrottleDevice("/dev/sda", 7),),
    )
    made = container_resources(host, (), lambda path: (oci.Device(path, "b", 8, 1),)).block_io
    assert made == oci.BlockIOLimits(
        weight=300,
        weight_device=(oci.WeightDevice(8, 1, 200),),
        throttle_read_bps_device=(oci.ThrottleDevice(8, 1, 1000),),
        throttle_write_iops_device=(oci.ThrottleDevice(8, 1, 7),),
    )


def test_an_update_names_only_what_changes():
    host = Limits(memory=100, memory_swap=200)
    assert runtime_resources(UpdateRequest(), host, no_devices) == oci.Resources()
    assert runtime_resources(UpdateRequest(memory_reservation=50), host, no_devices).memory == oci.MemoryLimits(reservation=50)
    changed = runtime_resources(UpdateRequest(nano_cpus=500_000_000, pids_limit=-1, cpuset_cpus="0", memory=0), host, no_devices)
    assert changed == oci.Resources(cpu=oci.CPULimits(quota=50_000, period=100_000, cpus="0"), pids=oci.PidsLimit(-1))


def test_an_update_of_memory_or_swap_names_both():
    host = Limits(memory=100, memory_swap=300)
    both = oci.MemoryLimits(limit=100, swap=300)
    assert runtime_resources(UpdateRequest(memory=100), host, no_devices).memory == both
    assert runtime_resources(UpdateRequest(memory_swap=300), host, no_devices).memory == both
    assert runtime_resources(UpdateRequest(memory=100), Limits(memory=100), no_devices).memory == oci.MemoryLimits(
        limit=100, swap=200
    )


def test_an_update_of_throttles_names_devices_by_number():
    update = UpdateRequest(blkio_device_read_bps=(ThrottleDevice("/dev/sda", 5),), blkio_device_write_iops=())
    made = runtime_resources(update, Limits(), lambda path: (oci.Device(path, "b", 8, 1),)).block_io
    assert made == oci.BlockIOLimits(throttle_read_bps_device=(oci.ThrottleDevice(8, 1, 5),))
