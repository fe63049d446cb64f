"""What the driver does to the kernel, synchronously: for worker threads."""

import logging
import threading
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, IPv6Address

from plugins.net_bridge.bridges import Bridges, answer_for_containers
from plugins.net_bridge.kernel import messages, sysctl
from plugins.net_bridge.kernel.rtnetlink import RouteSocket
from plugins.net_bridge.kernel.veths import Port, Veths
from plugins.net_bridge.options import BridgeOptions, interface_parameters, parse
from plugins.net_bridge.path import paths
from plugins.net_bridge.ports.publishing import Publishing
from plugins.net_bridge.sandboxes import Sandboxes
from plugins.net_bridge.settings import BridgeSettings
from plugins.net_bridge.table.changes import RulesetChanges
from plugins.net_bridge.table.firewall import Firewall
from plugins.net_bridge.table.ruleset import BridgeRules
from plugins.net_bridge.wiring import Wired, Wiring
from sdk.drivers.network import Endpoint, EndpointSpec, NetworkSpec, PortBinding, PortLink, PortPath, Sandbox
from sdk.errors import Conflict, EngineError, InvalidArgument
from sdk.linux.namespaces import in_network_namespace_of
from sdk.linux.nftables import RulesetError
from sdk.network.announcements import Announcements
from sdk.network.default_routes import gateways_of
from sdk.network.mac_addresses import mac_for

Address = IPv4Address | IPv6Address

_LEAVING_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Bridged:
    """A network as it is in the kernel."""

    spec: NetworkSpec
    options: BridgeOptions
    index: int
    links: frozenset[PortLink] = frozenset()
    is_linked: bool = True
    """Whether the kernel surely has these links and no others."""

    @property
    def port(self) -> Port:
        return Port(self.index, self.options.mtu, isolated=not self.options.icc, ipv6=self.spec.ipv6)

    @property
    def rules(self) -> BridgeRules:
        subnets = tuple(subnet.cidr for subnet in self.spec.subnets)
        options = self.options
        return BridgeRules(
            options.bridge,
            subnets,
            options.masquerade,
            self.spec.internal,
            options.icc,
            routed=options.routed,
            unprotected=options.unprotected,
            links=self.links,
            direct=options.direct,
            trusted=options.trusted,
            sources=options.sources,
        )


class Datapath:
    """Bridges, veth pairs, namespaces, ports and the table of one daemon, in the network namespace of the thread that makes it."""

    def __init__(self, instance: str, settings: BridgeSettings, log: logging.Logger) -> None:
        self._settings = settings
        self._log = log
        self._route = RouteSocket()
        self._firewall = Firewall(f"core_{instance}", log, settings.accepted_mark)
        self.changes = RulesetChanges(f"core_{instance}")
        self._bridges = Bridges(self._route, instance)
        self._veths = Veths(self._route, instance)
        self._ports = Publishing(self._firewall, log, relayed=settings.userland_proxy)
        self.relay = self._ports.relay
        self._sandboxes = Sandboxes()
        self._networks: dict[str, Bridged] = {}
        self._changing_networks = threading.Lock()
        self._wiring = Wiring(self._veths, settings, log)
        self._announcements = Announcements(log)
        self._leaving: dict[Address, str] = {}
        if settings.ip_forward:
            sysctl.write("ipv4/ip_forward", "1")

    def close(self) -> None:
        """Give back what only this process needs; networks and endpoints stay."""
        self._announcements.close()
        self._wiring.close()
        self._sandboxes.close()
        self._ports.close()
        self.changes.close()
        self._firewall.close()
        self._route.close()

    def create_network(self, network: NetworkSpec) -> Bridged:
        """Make a network's bridge and rules; idempotent."""
        options = parse(network, self._settings)
        with self._changing_networks:
            index = self._bridges.ensure(network, options)
            links = self._networks[network.id].links if network.id in self._networks else frozenset()
            known = self._networks[network.id] = Bridged(network, options, index, links)
            if links:
                answer_for_containers(options.bridge, yes=True)
            if network.ipv6:
                sysctl.write("ipv6/conf/all/forwarding", "1")
            self._firewall.set_network(network.id, known.rules)
            if options.is_default:
                self._wiring.prepare_wired(known.port)
            else:
                self._wiring.prepare_empty()
        return known

    def remove_network(self, network: NetworkSpec) -> None:
        """Remove a network's bridge and rules; idempotent."""
        options = parse(network, self._settings)
        with self._changing_networks:
            if options.is_default:
                self._wiring.stop_wired()
            self._networks.pop(network.id, None)
            self._firewall.remove_network(network.id)
            self._bridges.remove(options.bridge)

    def connect(self, network: NetworkSpec, spec: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        """Connect a sandbox, made anew for None, and publish the endpoint's ports."""
        known = self._present(network)
        _check_link_local(network, spec)
        self._evict_predecessors(spec)
        with ExitStack() as undo:
            undo.callback(self._ports.release, spec.id)
            ports = () if network.internal else self._ports.reserve(spec, known.options)
            wired = self._wire(known, spec, sandbox, undo)
            endpoint = self._configure(known, spec, ports, wired)
            self._ports.publish(endpoint)
            undo.pop_all()
        if sandbox is None:
            sandbox = self._sandboxes.keep(wired.namespace)
        else:
            wired.close()
        forwarding = partial(self._veths.wait_until_forwarding, endpoint.host_interface)
        self._announcements.begin(sandbox.path, endpoint, known.options.announcing, forwarding)
        return sandbox, endpoint

    def publish(self, network: NetworkSpec, endpoint: Endpoint, ports: Sequence[PortBinding]) -> Endpoint:
        """Publish these ports of an endpoint in place of those it has."""
        self._ports.withdraw(endpoint)
        spec = EndpointSpec(endpoint.id, endpoint.container_id, endpoint.addresses, ports=tuple(ports))
        with ExitStack() as undo:
            undo.callback(self._ports.release, spec.id)
            options = self._present(network).options
            published = replace(endpoint, ports=() if network.internal else self._ports.reserve(spec, options))
            self._ports.publish(published)
            undo.pop_all()
        return published

    def link(self, network: NetworkSpec, links: Collection[PortLink]) -> None:
        """Open these ports between a network's isolated containers, and no others; idempotent.

        Isolated ports of a bridge exchange no frames. So the bridge answers ARP requests for its containers (RFC 3069), whose packets
        to each other then go by the host and its table. Without links the containers' requests stay unanswered.
        """
        with self._changing_networks:
            known = self._networks.get(network.id)
            if known is None or (known.is_linked and known.links == frozenset(links)):
                return
            self._networks[network.id] = replace(known, is_linked=False)
            changed = replace(known, links=frozenset(links), is_linked=True)
            self._firewall.set_network(network.id, changed.rules)
            answer_for_containers(known.options.bridge, yes=bool(links))
            self._networks[network.id] = changed

    def disconnect(self, endpoint: Endpoint, *, alive: bool) -> None:
        """Unpublish an endpoint's ports and remove its interface, unless its namespace is about to go; idempotent."""
        self._ports.withdraw(endpoint)
        self._announcements.end(endpoint)
        if alive:
            self._veths.delete(endpoint.host_interface)
            return
        if len(self._leaving) > _LEAVING_LIMIT:
            self._leaving = {address: name for address, name in self._leaving.items() if self._route.find(name)}
        self._leaving.update((interface.ip, endpoint.host_interface) for interface in endpoint.addresses)

    def open_sandbox(self) -> Sandbox:
        """Return a namespace with nothing but a loopback; from now on some are kept ready."""
        self._wiring.prepare_empty()
        return self._sandboxes.keep(self._wiring.empty())

    def ready_sandbox(self) -> Sandbox | None:
        """Return what `open_sandbox` does if one is ready: this alone needs no worker thread."""
        namespace = self._wiring.ready_empty()
        return self._sandboxes.keep(namespace) if namespace is not None else None

    def release(self, sandbox: Sandbox) -> None:
        """Let go of a sandbox; idempotent."""
        self._sandboxes.release(sandbox)

    def restore(self, networks: Sequence[NetworkSpec], living: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        """Make exactly these networks and published ports exist; remove what else an earlier process left."""
        for network in networks:
            try:
                self.create_network(network)
            except (EngineError, OSError, RulesetError) as error:
                self._log.error("network %s: %s", network.name, error)
        endpoints = [endpoint for endpoint, _ in living]
        names = {known.options.bridge for known in self._networks.values()}
        for link in self._bridges.mine():
            if link.name not in names:
                self._bridges.remove(link.name)
        for name in self._veths.found - {endpoint.host_interface for endpoint in endpoints}:
            self._veths.delete(name)
        self._ports.restore({key: known.rules for key, known in self._networks.items()}, endpoints)
        told = {key for key, known in self._networks.items() if known.options.announcing.count}
        self._announcements.restore([each for each in living if each[0].network_id in told])

    def explain(self, network: NetworkSpec, endpoint: Endpoint) -> list[PortPath]:
        """Return the ways packets take to an endpoint's ports."""
        return paths(self._firewall.listing(), endpoint, parse(network, self._settings).bridge)

    def set_default_route(self, endpoint: Endpoint, path: str, *, preferred: bool) -> None:
        """Make an endpoint's gateways the container's, or no longer; idempotent."""
        self._wiring.route_by(path, endpoint.interface, endpoint.gateways, preferred=preferred)

    def repair(self) -> None:
        """Mend the table if another program changed it."""
        try:
            self._firewall.repair()
        except RulesetError as error:
            self._log.error("published ports do not work: the nftables table cannot be written: %s", error)

    def audit(self) -> list[str]:
        """Return a line for each link and nftables object of this daemon."""
        bridges = [f"bridge {link.name}" for link in self._bridges.mine()]
        return bridges + [f"veth {name}" for name in self._veths.mine()] + self._firewall.audit()

    def _present(self, network: NetworkSpec) -> Bridged:
        """Return a network that is surely there: if an administrator deleted its bridge it is made again."""
        known = self._networks.get(network.id)
        if known is not None and known.spec == network and self._route.find(known.options.bridge) == known.index:
            return known
        return self.create_network(network)

    def _evict_predecessors(self, spec: EndpointSpec) -> None:
        """Cut interfaces off that ended containers had at these addresses and that the kernel has not torn down yet."""
        for interface in spec.addresses:
            if host_interface := self._leaving.pop(interface.ip, None):
                self._veths.cut_off(host_interface)

    def _wire(self, known: Bridged, spec: EndpointSpec, sandbox: Sandbox | None, undo: ExitStack) -> Wired:
        prefix = known.options.interface_prefix
        if sandbox is None:
            wired = self._wiring.connect_new(known.port, spec.interface or f"{prefix}0")
            undo.callback(self._sandboxes.discard, wired.namespace)
        else:
            wired = self._wiring.connect_living(sandbox.path, known.port, spec.interface, prefix)
            undo.callback(wired.close)
            undo.callback(self._wiring.disconnect, wired.veth.host_interface)
        return wired

    def _configure(self, known: Bridged, spec: EndpointSpec, ports: tuple[PortBinding, ...], wired: Wired) -> Endpoint:
        mac = spec.mac_address or mac_for(spec.addresses)
        gateways = gateways_of(known.spec, spec.addresses)
        index = wired.veth.index
        routed = gateways if spec.default_route else ()
        try:
            wired.namespace.route.request(messages.configure(index, mac, (*spec.addresses, *spec.link_local), routed))
        except FileExistsError:
            raise Conflict("failed to set gateway: file exists") from None
        if parameters := interface_parameters(spec.options, wired.interface):
            in_network_namespace_of(wired.namespace.fd, lambda: sysctl.write_all(parameters))
        return Endpoint(
            id=spec.id,
            network_id=known.spec.id,
            container_id=spec.container_id,
            interface=wired.interface,
            mac_address=mac,
            addresses=spec.addresses,
            gateways=gateways,
            ports=ports,
            host_interface=wired.veth.host_interface,
        )


def _check_link_local(network: NetworkSpec, spec: EndpointSpec) -> None:
    """Raise InvalidArgument for IPv6 addresses on a network without IPv6: it is off on the interfaces of such a one."""
    for address in spec.link_local:
        if address.version == 6 and not network.ipv6:
            raise InvalidArgument(f'link-local address {address.ip} cannot be given: network "{network.name}" has no IPv6')
