"""The mounts of a container (runtime-spec: config.md "Mounts").

What is bound from the host is cloned first, as trees without a place, while the host's paths are still there; everything is put
in place after pivot_root, when no path can lead out of the container any more.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.paths import ensure_directory, ensure_file
from plugins.runtime_ns.steps.mount_options import MountOptions, mount_attributes, parse_options
from sdk.errors import InvalidArgument
from sdk.linux.descriptors import is_descriptor
from sdk.oci.runtime import Mount
from sdk.shim.layout import HIGHEST_FD
from sdk.shim.plan import Plan, Slot


@dataclass(frozen=True, slots=True)
class BoundTree:
    """A mount of the spec whose source waits in a slot."""

    mount: Mount
    options: MountOptions
    tree: Slot


_FILES_OF_PROC = frozenset(
    f"/proc/{name}"
    for name in (
        "cpuinfo",
        "diskstats",
        "loadavg",
        "meminfo",
        "net/dev",
        "slabinfo",
        "stat",
        "swaps",
        "uptime",
        "sys/kernel/ns_last_pid",
    )
)
"""What may be replaced in /proc: counters that programs like lxcfs make up."""


def _check_place(mount: Mount) -> None:
    """Raise InvalidArgument for a mount that would replace a part of /proc: masks and limits are set through it."""
    place = os.path.normpath(f"/{mount.destination}").replace("//", "/")
    if place == "/proc" and (mount.type == "proc" or os.path.realpath(mount.source) == "/proc"):
        return
    if f"{place}/".startswith("/proc/") and place not in _FILES_OF_PROC:
        raise InvalidArgument(f'"{mount.destination}" cannot be mounted because it is inside /proc')


def complaint_about(mount: Mount) -> str:
    """Return the sentence for a mount that failed."""
    return f'error mounting "{mount.source}" to rootfs at "{mount.destination}": {{error}}'


def clone_opened(plan: Plan, mounts: Sequence[Mount]) -> dict[int, BoundTree]:
    """Add what clones sources that are descriptors of the daemon; returns them by index. Only its own mount namespace can clone them, so
    this comes before the fork, and the process that forks closes them on its side."""
    trees = {}
    for index, mount in enumerate(mounts):
        options = parse_options(mount)
        if options.is_bind and is_descriptor(mount.source):
            trees[index] = _clone(plan, mount, options, mount.source, out_of_the_way=True)
    return trees


def clone_sources(plan: Plan, mounts: Sequence[Mount], directory: str) -> dict[int, BoundTree]:
    """Add what clones the sources of bind mounts but for descriptors; returns them by index. Relative ones start at `directory`."""
    trees = {}
    for index, mount in enumerate(mounts):
        _check_place(mount)
        options = parse_options(mount)
        if options.is_bind and not is_descriptor(mount.source):
            trees[index] = _clone(plan, mount, options, os.path.join(directory, mount.source))
    return trees


def _clone(plan: Plan, mount: Mount, options: MountOptions, source: str, *, out_of_the_way: bool = False) -> BoundTree:
    """Add a clone. Until the fork low numbers of descriptors have a meaning: there it goes `out_of_the_way` of them."""
    bound = BoundTree(mount, options, plan.slot())
    opened = plan.slot() if out_of_the_way else bound.tree
    recursion = k.AT_RECURSIVE if options.flags & k.MS_REC else 0
    plan.call(
        "open_tree",
        k.AT_FDCWD,
        source,
        k.OPEN_TREE_CLONE | os.O_CLOEXEC | recursion,
        why=f"clone what becomes {mount.destination}",
        complaint=complaint_about(mount),
        store=opened,
    )
    if out_of_the_way:
        plan.call("fcntl", opened, k.F_DUPFD_CLOEXEC, HIGHEST_FD + 1, why="a number without a meaning", store=bound.tree)
        plan.call("close", opened, why="once is enough")
    _set_attributes(plan, bound)
    return bound


def _set_attributes(plan: Plan, bound: BoundTree) -> None:
    options, tree, complaint = bound.options, bound.tree, complaint_about(bound.mount)
    if attributes := options.attributes():
        why = "options of the mount; what else holds for it stays"
        plan.call("mount_setattr", tree, "", k.AT_EMPTY_PATH, attributes, k.MOUNT_ATTR_SIZE, why=why, complaint=complaint)
    everything = k.AT_EMPTY_PATH | k.AT_RECURSIVE
    if options.recursive:
        attributes = mount_attributes(options.recursive)
        plan.call(
            "mount_setattr",
            tree,
            "",
            everything,
            attributes,
            k.MOUNT_ATTR_SIZE,
            why="options of all mounts in it",
            complaint=complaint,
        )
    propagation = options.propagation or k.MS_SLAVE | k.MS_REC
    extent = everything if propagation & k.MS_REC else k.AT_EMPTY_PATH
    attributes = mount_attributes(propagation=propagation & ~k.MS_REC)
    why = "mounts made inside must not appear on the host" if not options.propagation else "propagation of the mount"
    plan.call("mount_setattr", tree, "", extent, attributes, k.MOUNT_ATTR_SIZE, why=why, complaint=complaint)


def attach(plan: Plan, bound: BoundTree, source: str) -> None:
    """Add what puts a cloned tree in its place; `source` decides whether a missing place becomes a directory or a file."""
    mount, complaint = bound.mount, complaint_about(bound.mount)
    ensure = ensure_directory if _is_directory(source) else ensure_file
    ensure(plan, mount.destination, complaint=complaint)
    flags = k.MOVE_MOUNT_F_EMPTY_PATH | k.MOVE_MOUNT_T_SYMLINKS
    plan.call("move_mount", bound.tree, "", k.AT_FDCWD, mount.destination, flags, why=f"bind {mount.source}", complaint=complaint)
    plan.call("close", bound.tree, why="it is in place")


def mount_filesystem(plan: Plan, mount: Mount) -> None:
    """Add what mounts a file system."""
    options, complaint = parse_options(mount), complaint_about(mount)
    ensure_directory(plan, mount.destination, complaint=complaint)
    data = options.data or None
    why = f"the container's {mount.destination}"
    plan.call("mount", mount.source, mount.destination, mount.type, options.flags, data, why=why, complaint=complaint)
    if options.propagation:
        plan.call(
            "mount", None, mount.destination, None, options.propagation, None, why="propagation of the mount", complaint=complaint
        )
    if options.recursive:
        attributes = mount_attributes(options.recursive)
        arguments = k.AT_FDCWD, mount.destination, k.AT_RECURSIVE, attributes, k.MOUNT_ATTR_SIZE
        plan.call("mount_setattr", *arguments, why="options of all mounts in it", complaint=complaint)


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except OSError:  # the plan will say what is wrong with it
        return True
