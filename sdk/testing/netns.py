"""A network namespace for tests: nothing in it reaches the host's network, and any port is free."""

import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from sdk.linux.namespaces import CLONE_NEWNET, open_network_namespace, setns, unshare

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


@contextmanager
def private_network() -> Iterator[None]:
    """Move the calling thread, and what it starts, into an empty network with a working loopback until the block ends. Needs root."""
    home = open_network_namespace()
    try:
        unshare(CLONE_NEWNET)
        _loopback_up()
        yield
    finally:
        setns(home, CLONE_NEWNET)
        os.close(home)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
