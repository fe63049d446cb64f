"""Devices: nodes to make and rules of the control group."""

from collections.abc import Sequence

import pytest

from core.containers.limits.devices import ALL_DEVICES, DEFAULT_RULES, container_devices, mapped_devices
from sdk.engine.config import DeviceMapping, HostConfig
from sdk.errors import InvalidArgument
from sdk.oci.runtime import Device, DeviceRule

FUSE = Device("/dev/fuse", "c", 10, 229)
SOUND = (Device("/dev/snd/controlC0", "c", 116, 0), Device("/dev/snd/by-path/card", "c", 116, 1))


def on_host(path: str) -> Sequence[Device]:
    match path:
        case "/dev/fuse":
            return (FUSE,)
        case "/dev/snd" | "/dev/snd/":
            return SOUND
        case "/dev/link-to-fuse":
            return (FUSE,)
        case "/dev":
            return (FUSE, *SOUND)
    raise InvalidArgument(f'error gathering device information while adding custom device "{path}": no such file or directory')


@pytest.mark.parametrize(
    ("mapping", "paths"),
    [
        (DeviceMapping("/dev/fuse"), ["/dev/fuse"]),
        (DeviceMapping("/dev/fuse", "/dev/other"), ["/dev/other"]),
        (DeviceMapping("/dev/link-to-fuse", "/dev/other"), ["/dev/other"]),
        (DeviceMapping("/dev/snd"), ["/dev/snd/controlC0", "/dev/snd/by-path/card"]),
        (DeviceMapping("/dev/snd", "/dev/sound"), ["/dev/sound/controlC0", "/dev/sound/by-path/card"]),
        (DeviceMapping("/dev/snd/", "/dev/sound/"), ["/dev/sound/controlC0", "/dev/sound/by-path/card"]),
    ],
)
def test_paths_in_the_container(mapping: DeviceMapping, paths: list[str]) -> None:
    assert [device.path for device in mapped_devices(mapping, on_host)] == paths


def test_a_container_may_use_the_standard_devices_and_make_any() -> None:
    assert container_devices(HostConfig(), on_host) == ((), DEFAULT_RULES)
    assert DEFAULT_RULES[0] == DeviceRule(allow=False, access="rwm"), "all else is refused: a later rule wins"


@pytest.mark.parametrize(("permissions", "access"), [("rwm", "rwm"), ("r", "r"), ("", "rwm")])
def test_a_device_comes_with_a_rule(permissions: str, access: str) -> None:
    nodes, rules = container_devices(HostConfig(devices=(DeviceMapping("/dev/fuse", "", permissions),)), on_host)
    assert nodes == (FUSE,)
    assert rules == (*DEFAULT_RULES, DeviceRule(allow=True, type="c", major=10, minor=229, access=access))


def test_of_two_at_one_place_the_later_counts() -> None:
    mappings = (
        DeviceMapping("/dev/fuse", "/dev/x"),
        DeviceMapping("/dev/snd", "/dev"),
        DeviceMapping("/dev/fuse", "/dev/controlC0"),
    )
    nodes, _ = container_devices(HostConfig(devices=mappings), on_host)
    assert [(node.path, node.major) for node in nodes] == [("/dev/x", 10), ("/dev/controlC0", 10), ("/dev/by-path/card", 116)]


def test_a_privileged_container_has_all_and_further_rules_come_last() -> None:
    refused = DeviceRule(allow=False, type="c", major=10)
    nodes, rules = container_devices(HostConfig(privileged=True, device_cgroup_rules=(refused,)), on_host)
    assert nodes == (FUSE, *SOUND)
    assert rules == (ALL_DEVICES, refused)


def test_what_the_host_has_not_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="no such file or directory"):
        container_devices(HostConfig(devices=(DeviceMapping("/dev/missing"),)), on_host)
