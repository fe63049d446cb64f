"""Make mount points and directories inside a container's root, where every path is already confined to it."""

import errno
import os
import stat

from plugins.runtime_ns.constants import AT_FDCWD
from sdk.shim.plan import ANY_ERROR, Label, Plan


def ensure_directory(plan: Plan, path: str, *, complaint: str = "") -> None:
    """Add what makes `path` a directory unless something is there."""
    done = _unless_there(plan, path)
    _make_directories(plan, path, complaint)
    plan.place(done)


def ensure_file(plan: Plan, path: str, *, complaint: str = "") -> None:
    """Add what makes `path` an empty file unless something is there. A symlink that leads nowhere gives way."""
    done = _unless_there(plan, path)
    _make_directories(plan, os.path.dirname(path), complaint)
    plan.call("unlinkat", AT_FDCWD, path, 0, why="a symlink that leads nowhere cannot be mounted on", tolerate=ANY_ERROR)
    plan.call("mknodat", AT_FDCWD, path, stat.S_IFREG | 0o644, 0, why="a file to mount on", complaint=complaint)
    plan.place(done)


def ensure_parent(plan: Plan, path: str) -> None:
    """Add what makes the directory `path` lies in."""
    ensure_directory(plan, os.path.dirname(path))


def write_file(plan: Plan, path: str, content: str, *, why: str, complaint: str = "", tolerate: int = 0) -> None:
    """Add what writes a short text into a kernel's file."""
    descriptor = plan.slot()
    data = content.encode()
    plan.call(
        "openat", AT_FDCWD, path, os.O_WRONLY | os.O_CLOEXEC, 0, why=why, complaint=complaint, tolerate=tolerate, store=descriptor
    )
    plan.call("write", descriptor, data, len(data), why=why, complaint=complaint, tolerate=tolerate)
    plan.call("close", descriptor, why="done with it", tolerate=ANY_ERROR)


def _unless_there(plan: Plan, path: str) -> Label:
    done = Label()
    plan.call("faccessat", AT_FDCWD, path, os.F_OK, why="nothing to make if it is there", tolerate=ANY_ERROR, if_zero=done)
    return done


def _make_directories(plan: Plan, path: str, complaint: str) -> None:
    made = ""
    for part in path.strip("/").split("/"):
        made += f"/{part}"
        plan.call("mkdirat", AT_FDCWD, made, 0o755, why="a directory that was missing", complaint=complaint, tolerate=errno.EEXIST)
