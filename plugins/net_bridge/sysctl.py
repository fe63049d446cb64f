"""Kernel parameters of the network namespace the calling thread is in."""

import os


def write(name: str, value: str) -> None:
    """Set a parameter, given as its path below /proc/sys/net, unless it has that value already. Raises OSError."""
    path = f"/proc/sys/net/{name}"
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        if os.read(fd, 64).strip().decode() != value:
            os.pwrite(fd, value.encode(), 0)
    finally:
        os.close(fd)
