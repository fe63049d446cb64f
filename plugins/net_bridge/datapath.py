"""What the driver does to the kernel, synchronously: for worker threads."""

import logging
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from plugins.net_bridge import messages, namespaces, sysctl
from plugins.net_bridge.bridges import Bridges
from plugins.net_bridge.firewall import Firewall
from plugins.net_bridge.namespaces import Namespace
from plugins.net_bridge.options import BridgeOptions, parse
from plugins.net_bridge.pool import INTERFACE, Pool, Prepared
from plugins.net_bridge.reservations import Reservations, host_addresses
from plugins.net_bridge.rtnetlink import RouteSocket
from plugins.net_bridge.ruleset import BridgeRules, Forward
from plugins.net_bridge.sandboxes import Sandboxes
from plugins.net_bridge.settings import BridgeSettings
from plugins.net_bridge.veths import Port, Veth, Veths, free_interface, mac_for
from sdk.drivers.network import Endpoint, EndpointSpec, NetworkSpec, PortBinding, Sandbox
from sdk.errors import EngineError

Address = IPv4Address | IPv6Address

_LOOPBACK = 1
_LEAVING_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Bridged:
    """A network as it is in the kernel."""

    spec: NetworkSpec
    options: BridgeOptions
    index: int

    @property
    def port(self) -> Port:
        return Port(self.index, self.options.mtu, isolated=not self.options.icc, ipv6=self.spec.ipv6)

    @property
    def rules(self) -> BridgeRules:
        subnets = tuple(subnet.cidr for subnet in self.spec.subnets)
        return BridgeRules(self.options.bridge, subnets, self.options.masquerade, self.spec.internal, self.options.icc)


class Datapath:
    """Bridges, veth pairs, namespaces, ports and the table of one daemon, in the network namespace of the thread that makes it."""

    def __init__(self, instance: str, settings: BridgeSettings, log: logging.Logger) -> None:
        self._settings = settings
        self._log = log
        self._route = RouteSocket()
        self._firewall = Firewall(f"core_{instance}", log)
        self._bridges = Bridges(self._route, instance)
        self._veths = Veths(self._route, instance)
        self._ports = Reservations()
        self._sandboxes = Sandboxes()
        self._networks: dict[str, Bridged] = {}
        self._changing_networks = threading.Lock()
        self._pool: Pool | None = None
        self._leaving: dict[Address, str] = {}
        if settings.ip_forward:
            sysctl.write("ipv4/ip_forward", "1")

    def close(self) -> None:
        """Give back what only this process needs; networks and endpoints stay."""
        self._stop_pool()
        self._sandboxes.close()
        self._ports.close()
        self._firewall.close()
        self._route.close()

    def create_network(self, network: NetworkSpec) -> Bridged:
        """Make a network's bridge and rules; idempotent."""
        options = parse(network, self._settings)
        with self._changing_networks:
            index = self._bridges.ensure(network, options)
            known = self._networks[network.id] = Bridged(network, options, index)
            if network.ipv6:
                sysctl.write("ipv6/conf/all/forwarding", "1")
            self._firewall.set_network(network.id, known.rules)
            if options.is_default and self._settings.pool_size and (self._pool is None or self._pool.port != known.port):
                self._stop_pool()
                self._pool = self._start_pool(known.port)
        return known

    def remove_network(self, network: NetworkSpec) -> None:
        """Remove a network's bridge and rules; idempotent."""
        options = parse(network, self._settings)
        with self._changing_networks:
            if options.is_default:
                self._stop_pool()
            self._networks.pop(network.id, None)
            self._firewall.remove_network(network.id)
            self._bridges.remove(options.bridge)

    def connect(self, network: NetworkSpec, spec: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        """Connect a sandbox, made anew for None, and publish the endpoint's ports."""
        known = self._present(network)
        self._evict_predecessors(spec)
        with ExitStack() as undo:
            undo.callback(self._ports.release, spec.id)
            ports = self._reserve(known, spec)
            if sandbox is None:
                namespace, veth, interface = self._new_sandbox(known, spec)
                undo.callback(self._sandboxes.discard, namespace)
            else:
                namespace = namespaces.enter(sandbox.path)
                undo.callback(namespace.close)
                interface = spec.interface or free_interface(namespace.route.links(), known.options.interface_prefix)
                veth = self._veths.make(known.port, namespace, interface)
                undo.callback(self._veths.delete, veth.host_interface)
            endpoint = self._configure(known, spec, ports, namespace, veth, interface)
            self._firewall.publish(spec.id, forwards(endpoint))
            undo.pop_all()
        if sandbox is None:
            return self._sandboxes.keep(namespace), endpoint
        namespace.close()
        return sandbox, endpoint

    def disconnect(self, endpoint: Endpoint, *, alive: bool) -> None:
        """Unpublish an endpoint's ports and remove its interface, unless its namespace is about to go; idempotent."""
        self._firewall.unpublish(endpoint.id)
        self._ports.release(endpoint.id)
        if alive:
            self._veths.delete(endpoint.host_interface)
            return
        if len(self._leaving) > _LEAVING_LIMIT:
            self._leaving = {address: name for address, name in self._leaving.items() if self._route.find(name)}
        self._leaving.update((interface.ip, endpoint.host_interface) for interface in endpoint.addresses)

    def release(self, sandbox: Sandbox) -> None:
        """Let go of a sandbox; idempotent."""
        self._sandboxes.release(sandbox)

    def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[Endpoint]) -> None:
        """Make exactly these networks and published ports exist; remove what else an earlier process left."""
        for network in networks:
            self.create_network(network)
        names = {known.options.bridge for known in self._networks.values()}
        for link in self._bridges.mine():
            if link.name not in names:
                self._bridges.remove(link.name)
        for name in self._veths.found - {endpoint.host_interface for endpoint in endpoints}:
            self._veths.delete(name)
        self._ports.release_others(frozenset())
        published = {endpoint.id: forwards(endpoint) for endpoint in endpoints if self._reserve_again(endpoint)}
        self._firewall.replace({key: known.rules for key, known in self._networks.items()}, published)

    def audit(self) -> list[str]:
        """Return a line for each link and nftables object of this daemon."""
        bridges = [f"bridge {link.name}" for link in self._bridges.mine()]
        return bridges + [f"veth {name}" for name in self._veths.mine()] + self._firewall.audit()

    def _present(self, network: NetworkSpec) -> Bridged:
        """Return a network that is surely there: if somebody deleted its bridge it is made again."""
        known = self._networks.get(network.id)
        if known is not None and known.spec == network and self._route.find(known.options.bridge) == known.index:
            return known
        return self.create_network(network)

    def _evict_predecessors(self, spec: EndpointSpec) -> None:
        """Delete interfaces that ended containers had at these addresses and that the kernel has not torn down yet."""
        for interface in spec.addresses:
            if host_interface := self._leaving.pop(interface.ip, None):
                self._veths.delete(host_interface)

    def _reserve(self, known: Bridged, spec: EndpointSpec) -> tuple[PortBinding, ...]:
        if known.spec.internal or not spec.ports:
            return ()
        versions = frozenset(interface.version for interface in spec.addresses)
        requests = [(port, host_addresses(port, known.options.host_ip, versions)) for port in spec.ports]
        return self._ports.reserve(spec.id, f"{spec.name or spec.container_id[:12]} ({spec.id})", requests)

    def _reserve_again(self, endpoint: Endpoint) -> bool:
        try:
            requests = [(binding, (ip_address(binding.host_ip),)) for binding in endpoint.ports]
            self._ports.reserve(endpoint.id, endpoint.id, requests)
        except (EngineError, OSError) as error:
            self._log.error("container %s keeps running without its published ports: %s", endpoint.container_id, error)
            return False
        return True

    def _new_sandbox(self, known: Bridged, spec: EndpointSpec) -> tuple[Namespace, Veth, str]:
        interface = spec.interface or f"{known.options.interface_prefix}0"
        if known.options.is_default and self._pool is not None and interface == INTERFACE and (ready := self._pool.take()):
            return ready.namespace, ready.veth, interface
        made = self._prepare(known.port, interface)
        return made.namespace, made.veth, interface

    def _prepare(self, port: Port, interface: str) -> Prepared:
        namespace = namespaces.create()
        try:
            namespace.route.request([messages.up(_LOOPBACK)])
            return Prepared(namespace, self._veths.make(port, namespace, interface))
        except BaseException:
            namespace.close()
            raise

    def _configure(
        self, known: Bridged, spec: EndpointSpec, ports: tuple[PortBinding, ...], namespace: Namespace, veth: Veth, interface: str
    ) -> Endpoint:
        mac = spec.mac_address or mac_for(spec.addresses)
        gateways = _gateways(known.spec, spec)
        metric = 0 if spec.default_route else messages.FALLBACK_METRIC + veth.index
        namespace.route.request(messages.configure(veth.index, mac, spec.addresses, gateways, metric))
        return Endpoint(
            spec.id,
            known.spec.id,
            spec.container_id,
            interface,
            mac,
            spec.addresses,
            gateways,
            ports,
            host_interface=veth.host_interface,
        )

    def _start_pool(self, port: Port) -> Pool:
        pool = Pool(self._prepare, port, self._settings.pool_size, self._settings.pool_limit, self._log)
        pool.start()
        return pool

    def _stop_pool(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None


def forwards(endpoint: Endpoint) -> list[Forward]:
    """Return the redirections an endpoint's published ports need: each to the container's first address of the host address' version."""
    targets = {interface.version: interface.ip for interface in reversed(endpoint.addresses)}
    return [
        Forward(host_ip, binding.protocol, binding.host_port, targets[host_ip.version], binding.container_port)
        for binding in endpoint.ports
        if (host_ip := ip_address(binding.host_ip)).version in targets
    ]


def _gateways(network: NetworkSpec, spec: EndpointSpec) -> tuple[Address, ...]:
    """Return the gateways a container can use: those of its own IP versions, none on an internal network."""
    if network.internal:
        return ()
    versions = {interface.version for interface in spec.addresses}
    return tuple(subnet.gateway for subnet in network.subnets if subnet.gateway is not None and subnet.gateway.version in versions)
