"""Network namespaces held by descriptor: nothing is mounted, so a namespace ends with its last process and descriptor.

A thread that moved into a namespace never comes back to other work: it ends. So no failure can leave a thread of the daemon in a
container's namespace.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from plugins.net_bridge import messages
from plugins.net_bridge.rtnetlink import RouteSocket
from sdk.linux.namespaces import CLONE_NEWNET, open_network_namespace, setns, unshare

T = TypeVar("T")

_LOOPBACK = 1


@dataclass(slots=True)
class Namespace:
    """A network namespace and a socket inside it; whoever has it closes both."""

    fd: int
    route: RouteSocket

    def close(self) -> None:
        self.route.close()
        os.close(self.fd)


def create() -> Namespace:
    """Make a network namespace with a working loopback."""
    return _in_new_thread(_create)


def enter(path: str) -> Namespace:
    """Open the namespace at a path. Raises FileNotFoundError when its process is gone."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _in_new_thread(lambda: _enter(fd))
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


@dataclass(slots=True)
class _Outcome(Generic[T]):
    values: list[T] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)


def _in_new_thread(work: Callable[[], T]) -> T:
    outcome: _Outcome[T] = _Outcome()

    def run() -> None:
        try:
            outcome.values.append(work())
        except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread
            outcome.errors.append(error)

    thread = threading.Thread(target=run, name="net_bridge namespace")
    thread.start()
    thread.join()
    if outcome.errors:
        raise outcome.errors[0]
    return outcome.values[0]
