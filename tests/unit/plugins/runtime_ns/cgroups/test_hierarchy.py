"""Finding the kernel's hierarchies."""

import pytest

from plugins.runtime_ns.cgroups.hierarchy import find_hierarchy
from sdk.errors import SkipPlugin

V1 = """\
25 24 0:22 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
26 25 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
27 25 0:24 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
28 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct
29 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
30 25 0:26 / /elsewhere/memory rw - cgroup cgroup rw,memory
"""
V2 = "26 25 0:23 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"


def test_version_1_with_controllers_mounted_together() -> None:
    hierarchy = find_hierarchy(mountinfo=V1)
    assert hierarchy.version == 1
    assert hierarchy.controllers == {
        "cpu": "/sys/fs/cgroup/cpu,cpuacct",
        "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
        "memory": "/sys/fs/cgroup/memory",
    }
    assert hierarchy.cgroup("/a/b").version == 1


def test_version_2() -> None:
    hierarchy = find_hierarchy(mountinfo=V2)
    assert (hierarchy.version, hierarchy.unified) == (2, "/sys/fs/cgroup")
    assert hierarchy.cgroup("/a/b").version == 2


def test_version_2_of_a_machine_that_has_both() -> None:
    hierarchy = find_hierarchy("2", V1)
    assert (hierarchy.version, hierarchy.unified) == (2, "/sys/fs/cgroup/unified")


@pytest.mark.parametrize(("version", "mountinfo"), [("1", V2), ("2", V1.replace("cgroup2", "tmpfs"))])
def test_a_version_that_is_not_mounted(version: str, mountinfo: str) -> None:
    with pytest.raises(SkipPlugin, match=f"of version {version}"):
        find_hierarchy(version, mountinfo)


def test_without_cgroups_the_plugin_is_skipped() -> None:
    with pytest.raises(SkipPlugin, match="no cgroup"):
        find_hierarchy(mountinfo="25 24 0:22 / / rw - ext4 /dev/sda rw\n")


@pytest.mark.parametrize("mountinfo", [V1, V2])
@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("../../../../some/dir/id", "/some/dir/id"),
        ("/../memory/evil/id", "/memory/evil/id"),
        ("a/./b//../c/id", "/a/c/id"),
        ("//a/id", "/a/id"),
        ("..", "/"),
    ],
)
def test_no_path_leads_out_of_a_hierarchy(mountinfo: str, path: str, clean: str) -> None:
    assert find_hierarchy(mountinfo=mountinfo).cgroup(path).path == clean
