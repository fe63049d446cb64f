"""The plan of a shim that has the binary make a container (or a further process), and then supervises what it made.

The binary forks the process and exits; the shim, as the next subreaper, becomes its parent. Only the daemon can read the pid that the
binary wrote to a file, and tells it to the shim through a pipe: as bytes, which the kernel puts where the state file has its pid, and
as the pipe's owner, which is how a plan gets a number from outside into a slot.
"""

import errno
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sdk.drivers.storage import Mount
from sdk.linux.mount import MountFlag
from sdk.linux.mount_options import split_options
from sdk.linux.syscalls import native_syscalls
from sdk.shim import layout
from sdk.shim.plan import ANY_ERROR, Label, Plan, Record, Slot
from sdk.shim.supervisor import Forked, detach, die_with_shim, reset_signals, supervise

RELEASE_FD = layout.TARGET_FD
"""Read end of the pipe on which the daemon says which process to supervise."""

PROCESS_FD = layout.HIGHEST_FD + 1
"""Where the shim keeps the pidfd of that process."""

MADE = b"\1"
"""What the shim writes to READY_FD when the binary has succeeded."""

_ENVIRONMENT = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
_CLONE_NEWNS = 0x20000
_PR_SET_CHILD_SUBREAPER = 36
_CLOSE_RANGE_CLOEXEC = 4
_SIGCHLD = 17
_WALL = 0x40000000
_FUTEX_WAIT = 0
_F_GETOWN = 9
_O_CLOEXEC = 0x80000
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_F_EMPTY_PATH = 4


def make_plan(
    command: Sequence[str],
    *,
    linger: bool,
    rootfs: Sequence[Mount] = (),
    root: str = "",
    binds: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Return the plan that runs `command` where `rootfs` is mounted on the directory `root`, and supervises what it leaves running.

    `binds` are descriptors of the daemon by the place where the binary finds what they stand for: the binary takes only paths, and of
    those only what is mounted in its own mount namespace.
    """
    plan = Plan(native_syscalls())
    detach(plan)
    plan.call("prctl", _PR_SET_CHILD_SUBREAPER, 1, why="what the binary leaves behind becomes a child of this process")
    trees = {place: _cloned(plan, source) for place, source in binds.items()}
    if rootfs or binds:
        _hide(plan)
        _mount_rootfs(plan, rootfs, root)
    for place, tree in trees.items():
        plan.call("move_mount", tree, "", _AT_FDCWD, place, _MOVE_MOUNT_F_EMPTY_PATH, why="where the binary finds it")
        plan.call("close", tree, why="it is in place")
    _run(plan, command)
    _take_over(plan, linger=linger)
    return plan


def _cloned(plan: Plan, source: str) -> Slot:
    tree = plan.slot()
    flags = _OPEN_TREE_CLONE | _O_CLOEXEC | _AT_RECURSIVE
    complaint = "error mounting a source of the daemon: {error}"
    plan.call("open_tree", _AT_FDCWD, source, flags, why="only this mount namespace can clone it", complaint=complaint, store=tree)
    return tree


def _hide(plan: Plan) -> None:
    plan.call("unshare", _CLONE_NEWNS, why="mounts of the container are seen from here on only")
    plan.call("mount", None, "/", None, MountFlag.REC | MountFlag.SLAVE, None, why="and do not spread to the host")


def _mount_rootfs(plan: Plan, rootfs: Sequence[Mount], root: str) -> None:
    for mount in rootfs:
        flags, _, data = split_options(mount.options)
        complaint = f"error mounting {mount.source} to rootfs: {{error}}"
        plan.call("chdir", mount.source, why="layers may be named from here", tolerate=ANY_ERROR)
        kind = None if flags & MountFlag.BIND else mount.type
        plan.call("mount", mount.source, root, kind, flags, data or None, why="the container's root", complaint=complaint)
        if flags & MountFlag.BIND and flags & MountFlag.RDONLY:
            again = MountFlag.REMOUNT | MountFlag.BIND | MountFlag.RDONLY
            plan.call(
                "mount", None, root, None, again, None, why="a bind mount becomes read-only by a second call", complaint=complaint
            )
    plan.call("chdir", "/", why="keep no directory of the host busy")


def _run(plan: Plan, command: Sequence[str]) -> None:
    child, parent = plan.slot(), Label()
    nothing_special = Record((0, 0, 0, 0, _SIGCHLD, 0, 0, 0, 0, 0, 0))
    plan.call("clone3", nothing_special, 88, why="fork the binary", store=child, if_not_zero=parent)
    die_with_shim(plan)
    reset_signals(plan)
    plan.call("close_range", layout.PLAN_FD, 0xFFFFFFFF, _CLOSE_RANGE_CLOEXEC, why="it gets the container's streams, and no more")
    plan.call("execve", command[0], Record((*command, 0)), Record((*_ENVIRONMENT, 0)), why="become the binary")
    plan.place(parent)
    status = layout.address(layout.EXITED)  # free until the process ends
    plan.call("wait4", child, status, _WALL, None, why="wait until the binary is done")
    no_time = Record((0, 0))
    plan.call("futex", status, _FUTEX_WAIT, 0, no_time, None, 0, why="go on only if its status is 0", tolerate=errno.ETIMEDOUT)


def _take_over(plan: Plan, *, linger: bool) -> None:
    process, pidfd, abandoned = plan.slot(), plan.slot(), Label()
    plan.call("write", layout.READY_FD, MADE, 1, why="tell the daemon that the binary has succeeded")
    plan.call("read", RELEASE_FD, layout.address(layout.PID), 8, why="the pid goes into the state file", if_zero=abandoned)
    plan.call("fcntl", RELEASE_FD, _F_GETOWN, 0, why="and into a slot: it is the pipe's owner", store=process)
    plan.call("pidfd_open", process, 0, why="a name for the process that stays its own", store=pidfd)
    plan.call("dup3", pidfd, PROCESS_FD, _O_CLOEXEC, why="where the daemon expects it")
    plan.call("close", pidfd, why="its first number may be one that means something else")
    supervise(plan, Forked(Label(), process), linger=linger)
    plan.place(abandoned)
    plan.call("exit_group", 1, why="the daemon died in the middle of a start")
