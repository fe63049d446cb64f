"""The mount of type `cgroup` that containers see at /sys/fs/cgroup."""

import errno
import os
from collections.abc import Mapping

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.cgroups.hierarchy import Hierarchy
from plugins.runtime_ns.paths import ensure_directory
from plugins.runtime_ns.steps.mount_options import mount_attributes, parse_options
from plugins.runtime_ns.steps.mounts import complaint_about
from sdk.oci.runtime import Mount
from sdk.shim.plan import Plan, Slot

_FLAGS = k.MS_NOSUID | k.MS_NODEV | k.MS_NOEXEC
_ATTRIBUTES = k.MOUNT_ATTR_NOSUID | k.MOUNT_ATTR_NODEV | k.MOUNT_ATTR_NOEXEC


def clone_controllers(plan: Plan, hierarchy: Hierarchy, path: str) -> Mapping[str, Slot]:
    """Add what clones the container's own directory of every controller, for a container without a cgroup namespace of its own."""
    trees = {}
    for mount_point in dict.fromkeys(hierarchy.controllers.values()):
        own = f"{mount_point}/{path.strip('/')}"
        trees[mount_point] = plan.slot()
        flags = k.OPEN_TREE_CLONE | os.O_CLOEXEC
        plan.call("open_tree", k.AT_FDCWD, own, flags, why="the container sees its own cgroup only", store=trees[mount_point])
    return trees


def mount_cgroups(plan: Plan, mount: Mount, hierarchy: Hierarchy, trees: Mapping[str, Slot]) -> None:
    """Add the mount. Controllers without a cloned tree are mounted as the cgroup namespace shows them."""
    readonly = parse_options(mount).flags & k.MS_RDONLY
    complaint = complaint_about(mount)
    ensure_directory(plan, mount.destination, complaint=complaint)
    if hierarchy.version == 2:
        arguments = "cgroup", mount.destination, "cgroup2", _FLAGS | readonly, None
        plan.call("mount", *arguments, why="the container's cgroup", complaint=complaint)
    else:
        _mount_controllers(plan, mount, hierarchy, trees, readonly)


def _mount_controllers(plan: Plan, mount: Mount, hierarchy: Hierarchy, trees: Mapping[str, Slot], readonly: int) -> None:
    place, complaint = mount.destination, complaint_about(mount)
    plan.call("mount", "tmpfs", place, "tmpfs", _FLAGS, "mode=755", why="a place for the controllers", complaint=complaint)
    for mount_point in dict.fromkeys(hierarchy.controllers.values()):
        own = f"{place}/{os.path.basename(mount_point)}"
        plan.call("mkdirat", k.AT_FDCWD, own, 0o755, why="for one controller", complaint=complaint)
        if tree := trees.get(mount_point):
            _attach(plan, tree, own, readonly, complaint)
        else:
            arguments = "cgroup", own, "cgroup", _FLAGS | readonly, os.path.basename(mount_point)
            plan.call("mount", *arguments, why="the container's limits", complaint=complaint)
    for controller, mount_point in hierarchy.controllers.items():
        if controller != (name := os.path.basename(mount_point)):
            link = f"{place}/{controller}"
            plan.call("symlinkat", name, k.AT_FDCWD, link, why=f"{controller} is part of it", tolerate=errno.EEXIST)
    if readonly:
        flags = _FLAGS | k.MS_RDONLY | k.MS_REMOUNT
        plan.call("mount", None, place, None, flags, "mode=755", why="nothing to be added here", complaint=complaint)


def _attach(plan: Plan, tree: Slot, place: str, readonly: int, complaint: str) -> None:
    attributes = mount_attributes(_ATTRIBUTES | (k.MOUNT_ATTR_RDONLY if readonly else 0))
    plan.call(
        "mount_setattr", tree, "", k.AT_EMPTY_PATH, attributes, k.MOUNT_ATTR_SIZE, why="options of the mount", complaint=complaint
    )
    plan.call(
        "move_mount", tree, "", k.AT_FDCWD, place, k.MOVE_MOUNT_F_EMPTY_PATH, why="the container's limits", complaint=complaint
    )
    plan.call("close", tree, why="it is in place")
