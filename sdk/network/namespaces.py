"""Network namespaces of containers, held by descriptors: a driver finds them when the container's process has ended."""

import itertools
import os
import socket

from sdk.drivers.network import Sandbox
from sdk.linux.namespaces import in_network_namespace, make_network_namespace


class Namespaces:
    """The namespaces this process made, and one more descriptor for each endpoint. For worker threads."""

    def __init__(self) -> None:
        self._made: dict[str, int] = {}
        self._of_endpoints: dict[str, int] = {}

    def make(self) -> Sandbox:
        """Make a namespace whose loopback is up."""
        fd = make_network_namespace()
        sandbox = Sandbox(_path(fd))
        self._made[sandbox.path] = fd
        return sandbox

    def release(self, sandbox: Sandbox) -> None:
        """Let go of a namespace that `make` made; idempotent."""
        if (fd := self._made.pop(sandbox.path, None)) is not None:
            os.close(fd)

    def hold(self, endpoint_id: str, path: str) -> None:
        """Keep the namespace at a path for an endpoint. Raises OSError."""
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.let_go(endpoint_id)
        self._of_endpoints[endpoint_id] = fd

    def of(self, endpoint_id: str) -> str:
        """Return the path of an endpoint's namespace, "" if it is not held."""
        fd = self._of_endpoints.get(endpoint_id)
        return _path(fd) if fd is not None else ""

    def let_go(self, endpoint_id: str) -> None:
        """Keep an endpoint's namespace no longer; idempotent."""
        if (fd := self._of_endpoints.pop(endpoint_id, None)) is not None:
            os.close(fd)

    def close(self) -> None:
        """Let go of all: those in use live on by their processes."""
        for fd in (*self._made.values(), *self._of_endpoints.values()):
            os.close(fd)
        self._made.clear()
        self._of_endpoints.clear()


def free_interface(path: str) -> str:
    """Return the first of eth0, eth1, ... that no link of the namespace at a path has."""
    names = {name for _, name in in_network_namespace(path, socket.if_nameindex)}
    return next(name for number in itertools.count() if (name := f"eth{number}") not in names)


def _path(fd: int) -> str:
    return f"/proc/{os.getpid()}/fd/{fd}"
