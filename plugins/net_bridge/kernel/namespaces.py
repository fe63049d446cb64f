"""Network namespaces held by descriptor: nothing is mounted, so a namespace ends with its last process and descriptor."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from plugins.net_bridge.kernel import messages
from plugins.net_bridge.kernel.rtnetlink import RouteSocket
from sdk.linux.namespaces import CLONE_NEWNET, in_new_thread, open_network_namespace, setns, unshare

T = TypeVar("T")

_LOOPBACK = 1


@dataclass(slots=True)
class Namespace:
    """A network namespace and a socket inside it; whoever has it closes both."""

    fd: int
    route: RouteSocket

    def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns in a thread that is inside. Raises what it raises."""

        def inside() -> T:
            setns(self.fd, CLONE_NEWNET)
            return work()

        return in_new_thread(inside)

    def close(self) -> None:
        self.route.close()
        os.close(self.fd)


def create() -> Namespace:
    """Make a network namespace with a working loopback."""
    return in_new_thread(_create)


def enter(path: str) -> Namespace:
    """Open the namespace at a path. Raises FileNotFoundError when its process is gone."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return in_new_thread(lambda: _enter(fd))
    except BaseException:
        os.close(fd)
        raise


def _create() -> Namespace:
    unshare(CLONE_NEWNET)
    namespace = Namespace(open_network_namespace(), RouteSocket())
    try:
        namespace.route.request([messages.up(_LOOPBACK)])
    except BaseException:
        namespace.close()
        raise
    return namespace


def _enter(fd: int) -> Namespace:
    setns(fd, CLONE_NEWNET)
    return Namespace(fd, RouteSocket())
