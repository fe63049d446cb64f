"""What the driver does to the kernel, synchronously: for worker threads."""

import logging
import os
import threading
from collections.abc import Sequence
from contextlib import ExitStack

from plugins.net_macvlan import links
from plugins.net_macvlan.options import MacvlanOptions, parse
from sdk.drivers.network import Endpoint, EndpointSpec, NetworkSpec, Sandbox
from sdk.errors import Conflict, EngineError
from sdk.linux.links import kernel_errors
from sdk.linux.namespaces import in_network_namespace
from sdk.network.announcements import Announcements
from sdk.network.default_routes import gateways_of, route_by
from sdk.network.mac_addresses import mac_for
from sdk.network.namespaces import Namespaces, free_interface

_EXCLUSIVE = "passthru"


class Datapath:
    """Parents and containers' links of one daemon. A container's link is in its namespace only, and ends with it."""

    def __init__(self, instance: str, log: logging.Logger) -> None:
        self._alias = f"core:{instance}:macvlan"
        self._unfinished = f"mv{instance}"
        self._log = log
        self._announcements = Announcements(log)
        self._namespaces = Namespaces()
        self._networks: dict[str, tuple[NetworkSpec, MacvlanOptions]] = {}
        self._changing_networks = threading.Lock()

    def close(self) -> None:
        """Give back descriptors; networks and endpoints stay."""
        self._announcements.close()
        self._namespaces.close()

    def create_network(self, network: NetworkSpec) -> None:
        """Make a network's parent be there; idempotent. Raises InvalidArgument, Conflict, Unsupported."""
        options = parse(network)
        with kernel_errors(), self._changing_networks:
            for other, its in self._networks.values():
                if other.id != network.id and its.parent == options.parent and _EXCLUSIVE in (options.mode, its.mode):
                    raise Conflict(
                        f"cannot use mode passthru, macvlan network {other.name} is already using parent interface {options.parent}"
                    )
            links.make_parent(options, self._alias, self._unfinished)
            self._networks[network.id] = network, options

    def remove_network(self, network: NetworkSpec) -> None:
        """Remove a parent that was made and that no other network uses; idempotent."""
        with self._changing_networks:
            self._networks.pop(network.id, None)
            self._remove_idle_parents()

    def connect(self, network: NetworkSpec, spec: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        """Make a container's link. Ports are not published: the container has its own place on the parent's network."""
        options = parse(network)
        with kernel_errors(), ExitStack() as undo:
            place = sandbox or self._namespaces.make()
            if sandbox is None:
                undo.callback(self._namespaces.release, place)
            interface = spec.interface or free_interface(place.path)
            mac = spec.mac_address or mac_for(spec.addresses, spec.id)
            self._make(options, place.path, interface, mac, undo)
            in_network_namespace(place.path, lambda: links.configure(options, interface, (*spec.addresses, *spec.link_local)))
            gateways = () if options.made else gateways_of(network, spec.addresses)
            if spec.default_route:
                route_by(place.path, interface, gateways, preferred=True)
            self._namespaces.hold(spec.id, place.path)
            undo.pop_all()
        endpoint = Endpoint(spec.id, network.id, spec.container_id, interface, mac, spec.addresses, gateways)
        self._announcements.begin(place.path, endpoint, options.announcing)
        return place, endpoint

    def disconnect(self, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        """Remove a container's link at once, so that its MAC address is free; idempotent."""
        self._announcements.end(endpoint)
        path = self._namespaces.of(endpoint.id) or (sandbox.path if sandbox else "")
        if path:
            in_network_namespace(path, lambda: links.delete(endpoint.interface))
        self._namespaces.let_go(endpoint.id)

    def open_sandbox(self) -> Sandbox:
        """Return a namespace with nothing but a loopback."""
        return self._namespaces.make()

    def release(self, sandbox: Sandbox) -> None:
        """Let go of a sandbox; idempotent."""
        self._namespaces.release(sandbox)

    def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        """Make the parents of these networks be there, and no others; announce the addresses of containers that lived on."""
        for network in networks:
            try:
                self.create_network(network)
            except (EngineError, OSError) as error:
                self._log.error("network %s: %s", network.name, error)
        with self._changing_networks:
            self._remove_idle_parents()
        for endpoint, sandbox in endpoints:
            try:
                self._namespaces.hold(endpoint.id, sandbox.path)
            except OSError as error:
                self._log.error("the network of container %s: %s", endpoint.container_id, error)
        told = {key for key, (_, options) in self._networks.items() if options.announcing.count}
        self._announcements.restore([each for each in endpoints if each[0].network_id in told])

    def set_default_route(self, endpoint: Endpoint, path: str, *, preferred: bool) -> None:
        """Make an endpoint's gateways the container's, or no longer; idempotent."""
        with kernel_errors():
            route_by(path, endpoint.interface, endpoint.gateways, preferred=preferred)

    def audit(self) -> list[str]:
        """Return a line for each parent that was made."""
        return [f"parent {name}" for name in links.made_parents(self._alias, self._unfinished)]

    def _make(self, options: MacvlanOptions, path: str, interface: str, mac: str, undo: ExitStack) -> None:
        namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            links.make_child(options, namespace, interface, mac)
        finally:
            os.close(namespace)
        undo.callback(in_network_namespace, path, lambda: links.delete(interface))

    def _remove_idle_parents(self) -> None:
        used = {options.parent for _, options in self._networks.values()}
        for name in set(links.made_parents(self._alias, self._unfinished)) - used:
            links.remove_parent(name)
