"""A process that ends with the one that began it (prctl(2), PR_SET_PDEATHSIG)."""

import os
import signal
import socket
import struct

from sdk.linux.libc import prctl

_PR_SET_PDEATHSIG = 1

_CREDENTIALS = struct.Struct("3i")
"""`struct ucred` of unix(7): process, user, group."""


def maker_of(pair: socket.socket) -> int:
    """Return the ID of the process that made a pair of Unix sockets (SO_PEERCRED). Raises OSError."""
    data = pair.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, _, _ = _CREDENTIALS.unpack(data)
    return int(pid)


def end_with_parent(parent: int) -> None:
    """Have the kernel kill the calling process when the thread that began it ends. A change of credentials undoes it.

    `parent` is the process of that thread. Raises SystemExit where it has ended already, of which the kernel says nothing, and OSError.
    """
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the process that began this one has ended")
