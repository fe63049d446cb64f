"""Parking: a descriptor that waits as a message inside a socket which the shim holds.

As long as it waits there it is open, whichever process dies; peeking gives copies of it, taking the message closes it for good.
So the write end of stdin outlives the daemon, and the container still sees end of file when it is taken out.
"""

import os
import socket
import stat
import sys

_PTMX = os.makedev(5, 2)


class Parking:
    """The receiving end of the socket."""

    def __init__(self, receiver: socket.socket) -> None:
        self._receiver = receiver

    def fileno(self) -> int:
        """Return the socket's own descriptor, to be handed to a shim."""
        return self._receiver.fileno()

    def peek(self) -> int | None:
        """Return a copy of the parked descriptor, None if it is gone."""
        return self._receive(socket.MSG_PEEK)

    def clear(self) -> None:
        """Close the parked descriptor; idempotent."""
        if (descriptor := self._receive(0)) is not None:
            os.close(descriptor)

    def close(self) -> None:
        """Close this side's view; what is parked stays parked in the shim."""
        self._receiver.close()

    def _receive(self, flags: int) -> int | None:
        if self._receiver.fileno() < 0:
            return None
        try:
            # Not socket.recv_fds: that takes flags and ignores them (Python 3.11).
            flags |= socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC
            _, ancillary, _, _ = self._receiver.recvmsg(1, socket.CMSG_LEN(4), flags)
        except BlockingIOError:
            return None
        return int.from_bytes(ancillary[0][2][:4], sys.byteorder) if ancillary else None


def parking_place() -> tuple[socket.socket, Parking]:
    """Return a sender and the place it parks in."""
    sender, receiver = socket.socketpair()
    return sender, Parking(receiver)


def park(sender: socket.socket, descriptor: int) -> None:
    """Park a descriptor; the caller's own copy stays the caller's."""
    socket.send_fds(sender, [b"\0"], [descriptor])


def is_terminal(descriptor: int) -> bool:
    """Tell whether this is the master of a pseudo-terminal, and not something a container put in its place."""
    status = os.fstat(descriptor)
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == _PTMX
