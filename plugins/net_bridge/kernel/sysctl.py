"""Kernel parameters of the network namespace the calling thread is in."""

import os
from collections.abc import Mapping

from sdk.errors import InvalidArgument


def write(name: str, value: str) -> None:
    """Set a parameter, given as its path below /proc/sys/net, unless it has that value already. Raises OSError."""
    path = f"/proc/sys/net/{name}"
    if _read(path) == value:
        return  # also where /proc/sys is read-only
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, value.encode())
    finally:
        os.close(fd)


def read(name: str) -> str | None:
    """Return a parameter's value, None if the kernel has none of that name."""
    try:
        return _read(f"/proc/sys/net/{name}")
    except FileNotFoundError:
        return None


def write_all(parameters: Mapping[str, str]) -> None:
    """Set parameters. Raises InvalidArgument for one the kernel does not know or whose value it refuses."""
    for name, value in parameters.items():
        try:
            write(name, value)
        except OSError as error:
            raise InvalidArgument(f"failed to set net.{name.replace('/', '.')}: {error.strerror}") from error


def _read(path: str) -> str:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 64).decode().strip()
    finally:
        os.close(fd)
