"""Where the kernel's cgroup hierarchies are mounted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from plugins.runtime_ns.cgroups.device_program import DevicePrograms
from plugins.runtime_ns.cgroups.driver import Cgroup
from plugins.runtime_ns.cgroups.parents import CgroupParents
from plugins.runtime_ns.cgroups.v1 import CgroupV1
from plugins.runtime_ns.cgroups.v2 import CgroupV2
from sdk.errors import SkipPlugin
from sdk.oci.cgroups import clean_cgroup_path

_CONTROLLERS = frozenset(("blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids"))


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """`controllers` are the mount points of version 1 by controller; without any, `unified` is where version 2 is mounted."""

    controllers: Mapping[str, str]
    unified: str
    programs: DevicePrograms = field(default_factory=DevicePrograms)
    parents: CgroupParents = field(default_factory=CgroupParents)

    @property
    def version(self) -> int:
        return 1 if self.controllers else 2

    def cgroup(self, path: str) -> Cgroup:
        """Return the cgroup at a path, which need not exist; `..` does not lead out of the hierarchy."""
        path = clean_cgroup_path(path)
        if self.controllers:
            return CgroupV1(path, self.controllers, self.parents)
        return CgroupV2(path, self.unified, self.parents, self.programs)


def find_hierarchy(version: str = "auto", mountinfo: str = "") -> Hierarchy:
    """Return the host's hierarchy of a version, by default of 1 if that has controllers. Raises SkipPlugin if it is not mounted."""
    hierarchy = _mounted(mountinfo or Path("/proc/self/mountinfo").read_text(encoding="utf-8"))
    if version == "2":
        hierarchy = replace(hierarchy, controllers={})
    if not hierarchy.controllers and (version == "1" or not hierarchy.unified):
        raise SkipPlugin("no cgroup file system is mounted" + (f" of version {version}" if version != "auto" else ""))
    return hierarchy


def _mounted(mountinfo: str) -> Hierarchy:
    controllers: dict[str, str] = {}
    unified = ""
    for line in mountinfo.splitlines():
        place, _, filesystem = line.partition(" - ")
        mount_point = place.split()[4]
        kind, _, options = filesystem.split(" ", 2)
        if kind == "cgroup2":
            unified = unified or mount_point
        elif kind == "cgroup":
            for controller in _CONTROLLERS.intersection(options.split(",")):
                controllers.setdefault(controller, mount_point)
    return Hierarchy(controllers, unified)
