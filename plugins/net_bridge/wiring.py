"""Wiring containers to bridges: a namespace, a veth pair, and what of it can be had ready-made."""

import errno
import logging
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from plugins.net_bridge.kernel import messages, namespaces
from plugins.net_bridge.kernel.namespaces import Namespace
from plugins.net_bridge.kernel.veths import Port, Veth, Veths, free_interface
from plugins.net_bridge.pool import Pool
from plugins.net_bridge.settings import BridgeSettings
from sdk.errors import Conflict, ResourceExhausted

Address = IPv4Address | IPv6Address

_INTERFACE = "eth0"


@dataclass(frozen=True, slots=True)
class Wired:
    """A namespace with an interface on a bridge; the interface only lacks addresses."""

    namespace: Namespace
    veth: Veth
    interface: str

    def close(self) -> None:
        self.namespace.close()


class Wiring:
    """Makes and keeps ready what containers are connected by. For worker threads."""

    def __init__(self, veths: Veths, settings: BridgeSettings, log: logging.Logger) -> None:
        self._veths = veths
        self._settings = settings
        self._log = log
        self._wired: Pool[Wired] | None = None
        self._wired_port: Port | None = None
        self._empty: Pool[Namespace] | None = None

    def prepare_wired(self, port: Port) -> None:
        """Keep namespaces ready that are wired to a port of the default network; idempotent."""
        settings = self._settings
        if self._wired_port != port:
            self.stop_wired()
            self._wired_port = port
            self._wired = Pool(
                lambda: self._wire(namespaces.create(), port, _INTERFACE), settings.pool_size, settings.pool_limit, self._log
            )

    def prepare_empty(self) -> None:
        """Keep namespaces ready for networks of any kind; idempotent."""
        if self._empty is None:
            self._empty = Pool(namespaces.create, self._settings.empty_pool_size, self._settings.pool_limit, self._log)

    def empty(self) -> Namespace:
        """Return a namespace with nothing but a loopback."""
        return self._empty.take() if self._empty is not None else namespaces.create()

    def ready_empty(self) -> Namespace | None:
        """Return a namespace with nothing but a loopback if one is ready. Never blocks."""
        return self._empty.take_ready() if self._empty is not None else None

    def stop_wired(self) -> None:
        """Let go of the namespaces wired to the default network; idempotent."""
        if self._wired is not None:
            self._wired.close()
        self._wired = self._wired_port = None

    def close(self) -> None:
        """Let go of all that is ready."""
        self.stop_wired()
        if self._empty is not None:
            self._empty.close()

    def connect_new(self, port: Port, interface: str) -> Wired:
        """Return a namespace of its own for a container, wired to a port by an interface of that name."""
        if self._wired is not None and self._wired_port == port and interface == _INTERFACE:
            return self._wired.take()
        return self._wire(self.empty(), port, interface)

    def connect_living(self, path: str, port: Port, interface: str, prefix: str) -> Wired:
        """Wire one more interface into the namespace at a path; without a name it gets the next free one of the prefix."""
        namespace = namespaces.enter(path)
        try:
            name = interface or free_interface(namespace.route.links(), prefix)
        except BaseException:
            namespace.close()
            raise
        return self._wire(namespace, port, name)

    def route_by(self, path: str, interface: str, gateways: Sequence[Address], *, preferred: bool) -> None:
        """Give an interface its default routes inside the namespace at a path, or take them away; idempotent."""
        with closing(namespaces.enter(path)) as namespace:
            index = namespace.route.index(interface)
            for gateway in gateways:
                with suppress(FileExistsError, ProcessLookupError):  # it is so already
                    namespace.route.request([messages.default_route(index, gateway, delete=not preferred)])

    def disconnect(self, host_interface: str) -> None:
        """Remove an interface by its host's end; idempotent. Slow: not for the path of a container's start or end."""
        self._veths.delete(host_interface)

    def _wire(self, namespace: Namespace, port: Port, interface: str) -> Wired:
        try:
            return Wired(namespace, self._veths.make(port, namespace, interface), interface)
        except OSError as error:
            namespace.close()
            if error.errno == errno.EXFULL:
                raise ResourceExhausted("the bridge has no free port for another container (Linux allows 1023)") from error
            if error.errno == errno.EEXIST:
                raise Conflict(f'error renaming interface to "{interface}": file exists') from error
            raise
