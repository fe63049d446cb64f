"""Namespaces of the calling thread: leave one, enter another."""

import ctypes
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sdk.linux.libc import checked, libc

T = TypeVar("T")

CLONE_FS = 0x00000200
CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


def unshare(flags: int) -> None:
    """Move the calling thread into new namespaces of the kinds in `flags`."""
    checked(libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(fd: int, flags: int) -> None:
    """Move the calling thread into the namespace `fd` refers to; `flags` says which kind it must be, 0 for any."""
    checked(libc.setns(ctypes.c_int(fd), ctypes.c_int(flags)), "setns")


def open_network_namespace() -> int:
    """Return a descriptor of the calling thread's network namespace; the caller closes it."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def make_network_namespace() -> int:
    """Return a descriptor of a new network namespace whose loopback is up; the caller closes it."""

    def make() -> int:
        unshare(CLONE_NEWNET)
        loopback_up()
        return open_network_namespace()

    return in_new_thread(make)


def loopback_up() -> None:
    """Switch on the loopback of the calling thread's network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def in_network_namespace(path: str, work: Callable[[], T]) -> T:
    """Return what `work` returns inside the network namespace at a path: a socket it opens belongs there. Raises what it raises.

    A thread that moved into a namespace never comes back to other work: it ends. So no failure leaves one in a container's namespace.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return in_network_namespace_of(fd, work)
    finally:
        os.close(fd)


def in_network_namespace_of(fd: int, work: Callable[[], T]) -> T:
    """Return what `work` returns inside the network namespace a descriptor refers to. Raises what it raises, and OSError."""

    def inside() -> T:
        setns(fd, CLONE_NEWNET)
        return work()

    return in_new_thread(inside)


def in_mount_namespace(path: str, work: Callable[[], T]) -> T:
    """Return what `work` returns inside the mount namespace at a path, at whose root it is. Raises what it raises, and OSError.

    The thread that does it ends: it would find none of this process' files any more.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def inside() -> T:
        unshare(CLONE_FS)  # setns(2) moves a thread's root and current directory, which threads share
        setns(fd, CLONE_NEWNS)
        return work()

    try:
        return in_new_thread(inside)
    finally:
        os.close(fd)


def is_chrooted() -> bool:
    """Tell whether this process' root is another than that of its mount namespace.

    setns(2) into any mount namespace then leaves the chroot, and pivot_root(2) changes a root that is not the namespace's.
    """

    def root_of_namespace() -> tuple[int, int]:
        fd = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        try:
            unshare(CLONE_FS)  # setns(2) moves a thread's root and current directory, which threads share
            setns(fd, CLONE_NEWNS)
        finally:
            os.close(fd)
        return _place_of_root()

    return in_new_thread(root_of_namespace) != _place_of_root()


def _place_of_root() -> tuple[int, int]:
    """Return the root's mount and inode, in the way a thread sees them (proc(5), /proc/pid/fdinfo)."""
    fd = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        with open(f"/proc/self/fdinfo/{fd}") as file:
            mount = next(int(line.split()[1]) for line in file if line.startswith("mnt_id:"))
        return mount, os.fstat(fd).st_ino
    finally:
        os.close(fd)


@dataclass(slots=True)
class _Outcome(Generic[T]):
    values: list[T] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)


def in_new_thread(work: Callable[[], T]) -> T:
    """Return what `work` returns in a thread that lives for nothing else. Raises what it raises."""
    outcome: _Outcome[T] = _Outcome()

    def run() -> None:
        try:
            outcome.values.append(work())
        except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread
            outcome.errors.append(error)

    thread = threading.Thread(target=run, name="namespace")
    thread.start()
    thread.join()
    if outcome.errors:
        raise outcome.errors[0]
    return outcome.values[0]
