"""Which version of control groups counts."""

import pytest

from sdk.linux.cgroups.mounts import cgroup_mounts

V2 = "30 20 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
HYBRID = "31 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n32 20 0:29 / /cg/memory rw - cgroup cgroup rw,memory\n"
NAMED = V2 + "33 20 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"


@pytest.mark.parametrize(("mountinfo", "version"), [(V2, 2), (HYBRID, 1), (NAMED, 2)])
def test_version_1_counts_where_it_has_a_controller(mountinfo: str, version: int) -> None:
    assert cgroup_mounts(mountinfo).version == version


def test_where_they_are() -> None:
    mounts = cgroup_mounts(HYBRID)
    assert (mounts.controllers, mounts.unified) == ({"memory": "/cg/memory"}, "/sys/fs/cgroup/unified")


def test_this_machine_has_some() -> None:
    assert cgroup_mounts().controllers or cgroup_mounts().unified
