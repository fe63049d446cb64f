"""Looking up devices of the host."""

import os

import pytest

from core.containers.limits.host_devices import host_devices
from sdk.errors import InvalidArgument


def test_a_device():
    (null,) = host_devices("/dev/null")
    assert (null.path, null.type, null.major, null.minor) == ("/dev/null", "c", 1, 3)


def test_a_link_is_followed_but_keeps_its_name(tmp_path):
    os.symlink("/dev/zero", tmp_path / "z")
    (zero,) = host_devices(str(tmp_path / "z"))
    assert (zero.path, zero.minor) == (str(tmp_path / "z"), 5)


def test_a_directory_gives_all_below_but_what_every_container_has_itself():
    paths = {device.path for device in host_devices("/dev")}
    assert "/dev/null" in paths
    assert not any(path.startswith("/dev/pts/") for path in paths)


def test_none_there(tmp_path):
    with pytest.raises(InvalidArgument, match=r"no such file or directory$"):
        host_devices(str(tmp_path / "none"))
    (tmp_path / "plain").touch()
    for path in (tmp_path / "plain", tmp_path):
        with pytest.raises(InvalidArgument, match=r"not a device node$"):
            host_devices(str(path))
