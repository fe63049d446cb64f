"""Where the kernel's cgroup hierarchies are mounted."""

from dataclasses import dataclass, field

from plugins.runtime_ns.cgroups.device_program import DevicePrograms
from plugins.runtime_ns.cgroups.driver import Cgroup
from plugins.runtime_ns.cgroups.parents import CgroupParents
from plugins.runtime_ns.cgroups.v1 import CgroupV1
from plugins.runtime_ns.cgroups.v2 import CgroupV2
from sdk.errors import SkipPlugin
from sdk.linux.cgroups.mounts import CgroupMounts, cgroup_mounts
from sdk.oci.cgroups import clean_cgroup_path


@dataclass(frozen=True, slots=True)
class Hierarchy(CgroupMounts):
    """What is mounted, with what makes cgroups there."""

    programs: DevicePrograms = field(default_factory=DevicePrograms)
    parents: CgroupParents = field(default_factory=CgroupParents)

    def cgroup(self, path: str) -> Cgroup:
        """Return the cgroup at a path, which need not exist; `..` does not lead out of the hierarchy."""
        path = clean_cgroup_path(path)
        if self.controllers:
            return CgroupV1(path, self.controllers, self.parents)
        return CgroupV2(path, self.unified, self.parents, self.programs)


def find_hierarchy(version: str = "auto", mountinfo: str = "") -> Hierarchy:
    """Return the host's hierarchy of a version, by default of 1 if that has controllers. Raises SkipPlugin if it is not mounted."""
    mounts = cgroup_mounts(mountinfo)
    hierarchy = Hierarchy({} if version == "2" else mounts.controllers, mounts.unified)
    if not hierarchy.controllers and (version == "1" or not hierarchy.unified):
        raise SkipPlugin("no cgroup file system is mounted" + (f" of version {version}" if version != "auto" else ""))
    return hierarchy
