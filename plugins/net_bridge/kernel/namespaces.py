"""Network namespaces held by descriptor: nothing is mounted, so a namespace ends with its last process and descriptor."""

import os
from dataclasses import dataclass

from plugins.net_bridge.kernel import messages
from plugins.net_bridge.kernel.rtnetlink import RouteSocket
from sdk.linux.namespaces import CLONE_NEWNET, in_network_namespace_of, in_new_thread, open_network_namespace, unshare

_LOOPBACK = 1


@dataclass(slots=True)
class Namespace:
    """A network namespace and a socket inside it; its owner closes both."""

    fd: int
    route: RouteSocket

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
        return Namespace(fd, in_network_namespace_of(fd, RouteSocket))
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
