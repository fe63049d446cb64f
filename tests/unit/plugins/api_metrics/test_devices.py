"""Names of block devices."""

from pathlib import Path

from plugins.api_metrics.devices import device_name


def test_one_the_kernel_knows() -> None:
    for device in Path("/sys/dev/block").iterdir():
        major, minor = map(int, device.name.split(":"))
        assert device_name(major, minor) == f"/dev/{device.resolve().name}"


def test_one_it_does_not() -> None:
    assert device_name(4000, 1) == "4000:1"
