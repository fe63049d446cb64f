"""What a container may see of the kernel: sysctls, read-only and masked paths."""

import errno
import os
from collections.abc import Mapping, Sequence

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.paths import write_file
from plugins.runtime_ns.steps.mount_options import mount_attributes
from sdk.shim.plan import ANY_ERROR, Label, Plan, Slot

_FILE = "tells about the host (a file)"


def set_sysctls(plan: Plan, sysctls: Mapping[str, str]) -> None:
    """Add what sets kernel parameters; must come before /proc/sys is made read-only."""
    for name, value in sysctls.items():
        path = f"/proc/sys/{name.replace('.', '/')}" if "/" not in name else f"/proc/sys/{name}"
        write_file(plan, path, value, why=f"sysctl {name}", complaint=f"open {path}: {{error}}")


def make_readonly(plan: Plan, paths: Sequence[str]) -> None:
    """Add what makes paths read-only, those that exist."""
    for path in paths:
        absent = Label()
        plan.call("faccessat", k.AT_FDCWD, path, os.F_OK, why="does this kernel have it?", tolerate=ANY_ERROR, if_not_zero=absent)
        plan.call("mount", path, path, None, k.MS_BIND | k.MS_REC, None, why="a mount of its own, to be made read-only")
        attributes = mount_attributes(k.MOUNT_ATTR_RDONLY)
        plan.call("mount_setattr", k.AT_FDCWD, path, 0, attributes, k.MOUNT_ATTR_SIZE, why="not to be changed from inside")
        plan.place(absent)


def clone_nulls(plan: Plan, paths: Sequence[str]) -> Mapping[str, Slot]:
    """Add what clones the host's /dev/null, to mask paths with it: the container's own may be anything its image says.

    One clone is enough where this kernel has one of the files in /proc: once masked, it is what masks the others.
    """
    anchor = _anchor(paths)
    trees = {}
    for path in paths if anchor is None else (anchor,):
        trees[path] = plan.slot()
        flags = k.OPEN_TREE_CLONE | os.O_CLOEXEC
        plan.call("open_tree", k.AT_FDCWD, "/dev/null", flags, why=f"to hide {path}", store=trees[path])
    return trees


def mask(plan: Plan, paths: Sequence[str], nulls: Mapping[str, Slot]) -> None:
    """Add what hides paths: a file under a clone of /dev/null, a directory under an empty one."""
    anchor = _anchor(paths)
    if anchor is not None:
        _cover(plan, anchor, nulls[anchor], complaint=f"mask {anchor}: {{error}}")
    for path in paths:
        if path != anchor:
            _mask(plan, path, anchor, nulls)


def _mask(plan: Plan, path: str, anchor: str | None, nulls: Mapping[str, Slot]) -> None:
    """Hide a path: a file below the null device, by its path `anchor` or as it was opened before; a directory below an empty tmpfs."""
    masked = Label()
    if anchor is not None:
        plan.call("mount", anchor, path, None, k.MS_BIND, None, why=_FILE, tolerate=ANY_ERROR, if_zero=masked)
    else:
        _cover(plan, path, nulls[path], tolerate=ANY_ERROR, if_zero=masked)
    why = "tells about the host (a directory)"
    plan.call("mount", "tmpfs", path, "tmpfs", k.MS_RDONLY, "size=0k", why=why, tolerate=errno.ENOENT)
    plan.place(masked)
    if anchor is None:
        plan.call("close", nulls[path], why="it is in place, or not needed")


def _cover(plan: Plan, path: str, null: Slot, *, complaint: str = "", tolerate: int = 0, if_zero: Label | None = None) -> None:
    flags = k.MOVE_MOUNT_F_EMPTY_PATH | k.MOVE_MOUNT_T_SYMLINKS
    arguments = (null, "", k.AT_FDCWD, path, flags)
    plan.call("move_mount", *arguments, why=_FILE, complaint=complaint, tolerate=tolerate, if_zero=if_zero)


def _anchor(paths: Sequence[str]) -> str | None:
    """Return a masked file that is surely in every /proc of this kernel."""
    return next((path for path in paths if path.startswith("/proc/") and path.count("/") == 2 and os.path.isfile(path)), None)
