"""What the daemon and the executors agree on: the plan file's layout and the descriptors a shim starts with.

The file is a header, then the memory that operations point into, then the table of operations, and on a page of its own the record of
a failure. It is mapped privately at `BASE`, so every pointer in it is absolute; its header also shared at `STATE`, and the record shared at
`FAILURE`. A process that is forked keeps the first and the last: a process that may write to its memory reaches no more than the record, of
which the daemon believes only what can be so. sysrun.c has the same structures.
"""

import struct

BASE = 0x20000000
"""The address the file is mapped at."""

STATE = 0x1FFF0000
"""The address of the header that is shared with the file. A forked process has no mapping of it."""

FAILURE = 0x1FFE0000
"""The address of the record of a failure."""

SPAN = 64 << 20
"""Bytes of address space kept for it: no plan can be longer."""

MAGIC = 0x4E414C50

PAGE = 1 << 16
"""Bytes of the largest pages there are: what is mapped apart begins at a multiple."""

HEADER = struct.Struct("<IIqqiiiiqq")
"""magic, count, offset of the operations, offset of the failure, shim, pid, status, nothing, exited (seconds, nanoseconds)."""

FAILED = struct.Struct("<II")
"""The record of a failure: 1 + index of the operation that failed, and its errno."""

MARK = struct.Struct("<qq")
"""A moment that a timed plan has the kernel store (clock_gettime): seconds and nanoseconds since 1970."""

MARKS_OFFSET = 16
MARKS = 32
"""Where marks are, from the record of a failure on, and how many there may be."""

FAILURE_OFFSET = 16
SHIM = 24
PID = 28
STATUS = 32
EXITED = 40
"""Offsets of fields of the header, which the kernel or the executor stores into."""

RUNNING = -1
"""`status` while the process has not been waited for; no wait status has this value."""

OPERATION = struct.Struct("<6qIIBBBBI")
"""Six arguments, number, target, slots (bit mask), jump, store, tolerate, nothing."""

JUMP_IF_ZERO = 1
JUMP_IF_NOT_ZERO = 2
ANY_ERROR = 255
"""`tolerate`: whatever the error, the plan goes on."""

SLOTS = 255

# Descriptors of a shim. 0, 1 and 2 are the standard streams of the process it makes.
PLAN_FD = 3
READY_FD = 4
"""Write end of a pipe that is closed everywhere once execve succeeded or the plan failed."""
EXITED_FD = 5
"""Write end of a pipe that the shim closes when it has stored the exit status, or by dying."""
STDOUT_FD = 6
STDERR_FD = 7
"""The daemon's ends of the output pipes: kept open so that neither output nor its writer is lost with the daemon."""
PARKING_FD = 8
"""A socket in which the daemon's end of stdin, or of the terminal, waits as a message."""
PARKING_ENTRY_FD = 9
"""The socket's other end, through which a process that made its own terminal parks it."""
TARGET_FD = 10
"""A pidfd of the process whose namespaces shall be entered."""
CGROUP_FD = 11
"""The directory of the cgroup (version 2) to be born in."""

PROCESS_FD = 12
"""A pidfd of the process, made by the shim."""

HIGHEST_FD = PROCESS_FD


def address(offset: int) -> int:
    """Return where a header field lies in the shim's memory."""
    return STATE + offset
