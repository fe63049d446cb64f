"""Where the control groups of this machine are mounted, and which version of them counts: the one place that decides it (cgroups(7))."""

from collections.abc import Mapping
from dataclasses import dataclass

from sdk.linux.mountinfo import mount_table, parse

_CONTROLLERS = frozenset(("blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids"))


@dataclass(frozen=True, slots=True)
class CgroupMounts:
    """`controllers` are the mount points of version 1 by controller; `unified` is where version 2 is mounted, "" if it is not."""

    controllers: Mapping[str, str]
    unified: str

    @property
    def version(self) -> int:
        """1 where any controller is one of version 1: version 2 beside it has none of their limits."""
        return 1 if self.controllers else 2


def cgroup_mounts(mountinfo: str = "") -> CgroupMounts:
    """Return what is mounted in this process' namespace, or what the text of a mountinfo file says. Raises OSError."""
    controllers: dict[str, str] = {}
    unified = ""
    for mount in parse(mountinfo.encode()) if mountinfo else mount_table():
        if mount.type == "cgroup2":
            unified = unified or mount.path
        elif mount.type == "cgroup":
            for controller in _CONTROLLERS.intersection(mount.options.split(",")):
                controllers.setdefault(controller, mount.path)
    return CgroupMounts(controllers, unified)
