"""A process' terminal: made in the container's own devpts, its master parked where the daemon finds it."""

import os
import struct
import termios

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.paths import ensure_file
from sdk.shim.layout import PARKING_ENTRY_FD
from sdk.shim.plan import Plan, Slot
from sdk.shim.supervisor import parking_message

_MASTER_FD = 63
"""A number that is free in every shim, since a message must name one."""


def open_terminal(plan: Plan, owner: int, rows: int, columns: int) -> Slot:
    """Add what makes a terminal the process' standard streams and controlling terminal; returns the slot of its other side."""
    master, terminal = plan.slot(), plan.slot()
    complaint = "open a terminal: {error}"
    flags = os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC
    plan.call("openat", k.AT_FDCWD, "/dev/ptmx", flags, 0, why="a pseudo-terminal", complaint=complaint, store=master)
    plan.call("dup3", master, _MASTER_FD, os.O_CLOEXEC, why="under a number that can be named", complaint=complaint)
    message = parking_message(_MASTER_FD)
    plan.call("sendmsg", PARKING_ENTRY_FD, message, 0, why="park the master side: the daemon finds it there", complaint=complaint)
    plan.call("ioctl", master, k.TIOCSPTLCK, bytes(4), why="unlock the other side", complaint=complaint)
    if rows and columns:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        plan.call("ioctl", master, termios.TIOCSWINSZ, size, why="the size of the client's window", complaint=complaint)
    plan.call(
        "ioctl", master, k.TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY, why="open it without a path", complaint=complaint, store=terminal
    )
    plan.call("fchownat", terminal, "", owner, -1, k.AT_EMPTY_PATH, why="it belongs to the process' user", complaint=complaint)
    for descriptor in (0, 1, 2):
        plan.call("dup3", terminal, descriptor, 0, why="a standard stream", complaint=complaint)
    plan.call("ioctl", 0, termios.TIOCSCTTY, 0, why="the controlling terminal", complaint=complaint)
    return terminal


def bind_console(plan: Plan, terminal: Slot) -> None:
    """Add what makes the terminal /dev/console as well."""
    tree = plan.slot()
    complaint = "mount /dev/console: {error}"
    ensure_file(plan, "/dev/console", complaint=complaint)
    flags = k.OPEN_TREE_CLONE | os.O_CLOEXEC | k.AT_EMPTY_PATH
    plan.call("open_tree", terminal, "", flags, why="the terminal's node", complaint=complaint, store=tree)
    flags = k.MOVE_MOUNT_F_EMPTY_PATH
    plan.call("move_mount", tree, "", k.AT_FDCWD, "/dev/console", flags, why="is /dev/console too", complaint=complaint)
    plan.call("close", tree, why="it is in place")
