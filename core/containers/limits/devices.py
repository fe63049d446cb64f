"""Devices of a container: what it may use by default, `--device`, `--device-cgroup-rule` and `--privileged`."""

from collections.abc import Callable, Sequence
from posixpath import relpath

from msgspec.structs import replace

from sdk.engine.config import DeviceMapping, HostConfig
from sdk.oci import runtime as oci

HostDevices = Callable[[str], Sequence[oci.Device]]
"""Looks up a path on the host: the device there, or all devices below a directory. Raises InvalidArgument when there is none."""

ALL_DEVICES = oci.DeviceRule(allow=True, access="rwm")

DEFAULT_RULES = (
    oci.DeviceRule(allow=False, access="rwm"),
    oci.DeviceRule(allow=True, type="c", access="m"),
    oci.DeviceRule(allow=True, type="b", access="m"),
    oci.DeviceRule(allow=True, type="c", major=1, minor=3, access="rwm"),  # null
    oci.DeviceRule(allow=True, type="c", major=1, minor=5, access="rwm"),  # zero
    oci.DeviceRule(allow=True, type="c", major=1, minor=7, access="rwm"),  # full
    oci.DeviceRule(allow=True, type="c", major=1, minor=8, access="rwm"),  # random
    oci.DeviceRule(allow=True, type="c", major=1, minor=9, access="rwm"),  # urandom
    oci.DeviceRule(allow=True, type="c", major=5, minor=0, access="rwm"),  # tty
    oci.DeviceRule(allow=True, type="c", major=5, minor=1, access="rwm"),  # console
    oci.DeviceRule(allow=True, type="c", major=5, minor=2, access="rwm"),  # ptmx
    oci.DeviceRule(allow=True, type="c", major=136, access="rwm"),  # pts/*
)
"""Deny everything but making nodes, and using those the runtime makes: a later rule wins."""


def mapped_devices(mapping: DeviceMapping, host_devices: HostDevices) -> tuple[oci.Device, ...]:
    """Return the devices one `--device` brings in, at their paths in the container."""
    target = mapping.path_in_container or mapping.path_on_host
    return tuple(_moved(device, mapping.path_on_host, target) for device in host_devices(mapping.path_on_host))


def _moved(device: oci.Device, source: str, target: str) -> oci.Device:
    inside = relpath(device.path, source)
    return replace(device, path=target if inside == "." or inside.startswith("..") else f"{target.rstrip('/')}/{inside}")


def _rule(device: oci.Device, access: str) -> oci.DeviceRule:
    return oci.DeviceRule(allow=True, type=device.type, major=device.major, minor=device.minor, access=access or "rwm")


def container_devices(
    host_config: HostConfig, host_devices: HostDevices
) -> tuple[tuple[oci.Device, ...], tuple[oci.DeviceRule, ...]]:
    """Return the nodes to make beside the standard ones, and the whole list of rules."""
    nodes: dict[str, oci.Device] = {}
    rules = list(DEFAULT_RULES)
    if host_config.privileged:
        nodes.update((device.path, device) for device in host_devices("/dev"))
        rules = [ALL_DEVICES]
    for mapping in host_config.devices:
        for device in mapped_devices(mapping, host_devices):
            nodes[device.path] = device
            rules.append(_rule(device, mapping.cgroup_permissions))
    rules.extend(host_config.device_cgroup_rules)
    return tuple(nodes.values()), tuple(rules)
