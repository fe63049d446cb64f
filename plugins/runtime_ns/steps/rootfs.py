"""The root file system: mount it where the storage driver says, make it the root, forget the host's."""

from collections.abc import Sequence

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.steps.mount_options import mount_attributes, parse_options
from sdk.drivers.storage import Mount
from sdk.oci import runtime as oci
from sdk.shim.plan import ANY_ERROR, Plan

_PAGE = 4096
"""mount(2) takes less than a page of data."""

_FSCONFIG_SET_FLAG = 0
_FSCONFIG_SET_STRING = 1
_FSCONFIG_CMD_CREATE = 6


def hide_from_host(plan: Plan) -> None:
    """Add what keeps mounts made from now on from appearing on the host."""
    plan.call("mount", None, "/", None, k.MS_REC | k.MS_SLAVE, None, why="mounts made from here on must not appear on the host")


def mount_rootfs(plan: Plan, root: str, mounts: Sequence[Mount]) -> None:
    """Add what mounts the root at the directory `root`; without mounts that directory itself is the root."""
    for mount in mounts or (Mount("bind", root, ("rbind",)),):
        options = parse_options(oci.Mount(root, mount.type, mount.source, mount.options))
        complaint = f'error mounting "{mount.source}" to rootfs: {{error}}'
        if mount.source.startswith("/"):
            plan.call("chdir", mount.source, why="layers may be named from here", tolerate=ANY_ERROR)
        if len(options.data) >= _PAGE:
            _mount_by_parts(plan, root, mount, options.flags, options.data, complaint)
            continue
        if "lowerdir=" in options.data and "lowerdir=/" not in options.data:
            plan.call("chdir", mount.source, why="the many layers are named from here", complaint=complaint)
        fstype = None if options.is_bind else mount.type
        flags = options.flags & (k.MS_BIND | k.MS_REC) if options.is_bind else options.flags
        data = options.data or None
        plan.call("mount", mount.source, root, fstype, flags, data, why="the container's root file system", complaint=complaint)
        if options.is_bind and (attributes := options.attributes()):
            arguments = k.AT_FDCWD, root, 0, attributes, k.MOUNT_ATTR_SIZE
            plan.call("mount_setattr", *arguments, why="options of the root", complaint=complaint)


def _mount_by_parts(plan: Plan, root: str, mount: Mount, flags: int, data: str, complaint: str) -> None:
    """Add a mount whose data is too long for mount(2): many layers."""
    context, tree = plan.slot(), plan.slot()
    plan.call("fsopen", mount.type, 1, why="a mount whose options fill more than a page", complaint=complaint, store=context)
    for key, value in _parameters(data):
        kind = _FSCONFIG_SET_FLAG if value is None else _FSCONFIG_SET_STRING
        plan.call("fsconfig", context, kind, key, value, 0, why="one option of it", complaint=complaint)
    plan.call("fsconfig", context, _FSCONFIG_CMD_CREATE, None, None, 0, why="all options are there", complaint=complaint)
    plan.call("fsmount", context, 1, flags & 0xF, why="the container's root file system", complaint=complaint, store=tree)
    plan.call("move_mount", tree, "", k.AT_FDCWD, root, k.MOVE_MOUNT_F_EMPTY_PATH, why="put it in place", complaint=complaint)
    plan.call("close", tree, why="it is in place")
    plan.call("close", context, why="it is in place")


def _parameters(data: str) -> list[tuple[str, str | None]]:
    parameters: list[tuple[str, str | None]] = []
    for option in data.split(","):
        key, equals, value = option.partition("=")
        if key == "lowerdir":
            parameters += (("lowerdir+", layer) for layer in value.split(":"))
        else:
            parameters.append((key, value if equals else None))
    return parameters


def pivot(plan: Plan, root: str) -> None:
    """Add what makes `root` the root and lets go of the host's."""
    plan.call("chdir", root, why="the new root")
    plan.call("pivot_root", ".", ".", why="the old root comes to lie on top of the new one")
    plan.call("umount2", ".", k.MNT_DETACH, why="and is taken away: nothing of the host can be reached from here on")
    plan.call("chdir", "/", why="stand in the new root")


def finish_rootfs(plan: Plan, spec: oci.Spec) -> None:
    """Add what comes last, when nothing needs to be made in the root any more."""
    if spec.root.readonly:
        attributes = mount_attributes(k.MOUNT_ATTR_RDONLY)
        plan.call("mount_setattr", k.AT_FDCWD, "/", 0, attributes, k.MOUNT_ATTR_SIZE, why="the root is read-only")
    if spec.linux.rootfs_propagation:
        words = oci.Mount("/", options=(spec.linux.rootfs_propagation,))
        plan.call("mount", None, "/", None, parse_options(words).propagation, None, why="propagation of the root")
