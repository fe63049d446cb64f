"""The frame of every plan: the fork, and what its parent's side does from then on: supervise.

detach(plan)
forked = fork(plan, CLONE_NEWNS | CLONE_NEWPID)
...                        # the child's operations, ending in execve
supervise(plan, forked, linger=True)
"""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from sdk.shim import layout
from sdk.shim.plan import ANY_ERROR, Label, Plan, Record, Slot

CLONE_PARENT_SETTID = 0x100000
CLONE_INTO_CGROUP = 0x200000000

_SIGCHLD = 17
_SIG_SETMASK = 2
_WALL = 0x40000000
_CLOCK_REALTIME = 0
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15

ALL_SIGNALS = b"\xff" * 8
NO_SIGNALS = bytes(8)

NAME = "core-shim"
"""What `ps` shows; the arguments say whose shim it is."""


@dataclass(frozen=True, slots=True)
class Forked:
    """The two sides of a fork: where the parent goes on, and the slot in which it has the child's pid."""

    parent: Label
    child: Slot


def detach(plan: Plan) -> None:
    """Cut what ties a new shim to the daemon that started it."""
    plan.call("close_range", layout.HIGHEST_FD + 1, 0xFFFFFFFF, 0, why="nothing else of the daemon's stays open here")
    plan.call(
        "prctl", PR_SET_DUMPABLE, 0, why="no process but root's may look into this process while it sets up", tolerate=ANY_ERROR
    )
    plan.call("setsid", why="a session of its own: signals to the daemon's terminal do not arrive here", tolerate=ANY_ERROR)
    plan.call("chdir", "/", why="keep no directory of the host busy")


def fork(plan: Plan, flags: int, *, into_cgroup: bool = False) -> Forked:
    """Add the fork; operations added next are the child's. Returns what `supervise` needs.

    `flags` are CLONE_NEW... flags; with `into_cgroup` the child is born in the cgroup whose directory is CGROUP_FD.
    """
    forked = Forked(Label(), plan.slot())
    flags |= CLONE_PARENT_SETTID | (CLONE_INTO_CGROUP if into_cgroup else 0)
    arguments = Record((flags, 0, 0, layout.address(layout.PID), _SIGCHLD, 0, 0, 0, 0, 0, layout.CGROUP_FD))
    plan.call(
        "clone3",
        arguments,
        88,
        why="fork the process; the kernel writes its pid into the state file",
        store=forked.child,
        if_not_zero=forked.parent,
    )
    plan.call("setsid", why="the process leads a session of its own", tolerate=ANY_ERROR)
    return forked


def die_with_shim(plan: Plan) -> None:
    """Let the kernel kill the process should the shim be killed. Credentials must not change afterwards: that would undo it."""
    plan.call("prctl", PR_SET_PDEATHSIG, 9, why="without its supervisor the process must not live on")


def supervise(plan: Plan, forked: Forked, *, linger: bool, unused: Sequence[Slot] = ()) -> None:
    """Add the parent's side: let go of the streams, wait, store the exit status, tell the daemon, and stay if `linger`.

    What the parent does first may stand before it, behind the label `forked.parent`. `unused` are descriptors opened before the fork that only the process needs. A lingering shim keeps output that no daemon has read yet, until it is killed.
    """
    if forked.parent.operation is None:
        plan.place(forked.parent)
    for descriptor in unused:
        plan.call("close", descriptor, why="what only the process needed")
    plan.call("rt_sigprocmask", _SIG_SETMASK, ALL_SIGNALS, None, 8, why="only SIGKILL ends a supervisor")
    plan.call("prctl", PR_SET_NAME, NAME, why="the name ps shows", tolerate=ANY_ERROR)
    plan.call("close_range", 0, 2, 0, why="readers must see the end of output when the process ends")
    plan.call("close_range", layout.PARKING_ENTRY_FD, layout.CGROUP_FD, 0, why="what only the process needed")
    process = plan.slot()
    plan.call("pidfd_open", forked.child, 0, why="a name of the process that is never reused", store=process)
    plan.call("dup3", process, layout.PROCESS_FD, os.O_CLOEXEC, why="where the daemon finds it")
    plan.call("close", process, why="once is enough")
    plan.call("prctl", PR_SET_DUMPABLE, 1, why="the daemon takes descriptors from here with pidfd_getfd", tolerate=ANY_ERROR)
    plan.call("close", layout.READY_FD, why="from this side the process is ready")
    status = layout.address(layout.STATUS)
    plan.call("wait4", forked.child, status, _WALL, None, why="the kernel writes the exit status into the state file")
    plan.call("clock_gettime", _CLOCK_REALTIME, layout.address(layout.EXITED), why="when it ended", tolerate=ANY_ERROR)
    if linger:
        plan.call("close", layout.EXITED_FD, why="tell the daemon, if there is one", tolerate=ANY_ERROR)
        stay = Label()
        plan.place(stay)
        why = "hold unread output until the daemon ends this shim"
        plan.call("ppoll", None, 0, None, None, 0, why=why, tolerate=ANY_ERROR, if_not_zero=stay)
    plan.call("exit_group", 0, why="done")


def reset_signals(plan: Plan) -> None:
    """Add what makes the child start with no signal blocked."""
    plan.call("rt_sigprocmask", _SIG_SETMASK, NO_SIGNALS, None, 8, why="no signal is blocked")


def parking_message(descriptor: int) -> Record:
    """Return a struct msghdr that carries one descriptor."""
    control = struct.pack("<qiii4x", 20, 1, 1, descriptor)
    return Record((0, 0, Record((b"\0", 1)), 1, control, len(control), 0))
