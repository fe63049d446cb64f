"""Published ports: reserved on the host, redirected by the table or relayed, and old flows to them forgotten."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from plugins.net_bridge.kernel.conntrack import Conntrack
from plugins.net_bridge.options import BridgeOptions
from plugins.net_bridge.ports.relay import Relay, Relayed
from plugins.net_bridge.table.firewall import Firewall
from plugins.net_bridge.table.ruleset import BridgeRules, Forward
from sdk.drivers.network import Endpoint, EndpointSpec, PortBinding
from sdk.errors import EngineError
from sdk.network.gateway_modes import UNSPECIFIED
from sdk.network.reservations import RELAYED, Reservations, host_addresses

Address = IPv4Address | IPv6Address


class Publishing:
    """The published ports of one daemon. For worker threads. Without `relayed` no IPv6 client is passed on to a container with IPv4 only."""

    def __init__(self, firewall: Firewall, log: logging.Logger, *, relayed: bool) -> None:
        self._firewall = firewall
        self._relayed = relayed
        self.relay = Relay(log)
        self._reservations = Reservations()
        self._conntrack = Conntrack(log)
        self._log = log

    def close(self) -> None:
        """Give the reservations back and end what is relayed; what is redirected stays."""
        self.relay.close()
        self._reservations.close()
        self._conntrack.close()

    def reserve(self, spec: EndpointSpec, options: BridgeOptions) -> tuple[PortBinding, ...]:
        """Reserve the host ports an endpoint asks for and return concrete bindings, those without a host port last.

        Raises PortAllocated, ResourceExhausted, InvalidArgument; then nothing stays reserved.
        """
        if not spec.ports:
            return ()
        versions = frozenset(interface.version for interface in spec.addresses)
        wanted = [replace(port, routed=False) for port in spec.ports]
        requests = [(port, host_addresses(port, options.host_ip, versions, relayed=self._relayed)) for port in wanted]
        for port, addresses in requests:
            if not addresses:
                text = "port %d of container %s is not published on %s: the container has no address of that kind"
                self._log.warning(text, port.container_port, spec.container_id[:12], port.host_ip)
        opened = [
            replace(port, host_ip=UNSPECIFIED[address.version], routed=True)
            for port, addresses in requests
            for address in addresses
            if address.version in options.routed & versions
        ]
        translated = [(port, tuple(a for a in addresses if a.version not in options.routed)) for port, addresses in requests]
        label = f"{spec.name or spec.container_id[:12]} ({spec.id})"
        return (*self._reservations.reserve(spec.id, label, translated), *opened)

    def release(self, endpoint_id: str) -> None:
        """Give an endpoint's reservations back; idempotent."""
        self.relay.withdraw(endpoint_id)
        self._reservations.release(endpoint_id)

    def publish(self, endpoint: Endpoint) -> None:
        """Redirect an endpoint's reserved ports to it."""
        redirections = forwards(endpoint)
        self._firewall.publish(endpoint.id, redirections)
        self._listen(endpoint)
        for forward in redirections:
            if forward.protocol == "udp" and not forward.routed:
                self._conntrack.forget_questions_to(forward.host_port, forward.host_ip.version)

    def withdraw(self, endpoint: Endpoint) -> None:
        """Take an endpoint's ports back; idempotent."""
        self._firewall.unpublish(endpoint.id)
        self.release(endpoint.id)
        for address in {forward.container_ip for forward in forwards(endpoint) if forward.protocol == "udp"}:
            self._conntrack.forget_answers_from(address)

    def restore(self, networks: dict[str, BridgeRules], endpoints: Iterable[Endpoint]) -> None:
        """Make the table hold exactly these networks and endpoints' ports, reserved again as far as no other process took them meanwhile."""
        self.relay.withdraw_all()
        self._reservations.close()
        present = [endpoint for endpoint in endpoints if self._reserve_again(endpoint)]
        self._firewall.replace(networks, {endpoint.id: forwards(endpoint) for endpoint in present})
        for endpoint in present:
            self._listen(endpoint)

    def _listen(self, endpoint: Endpoint) -> None:
        """Relay what comes by IPv6 and is not redirected: to IPv4 if the container has no other."""
        if not self._relayed or not any(":" in binding.host_ip for binding in endpoint.ports):
            return
        reserved = self._reservations.sockets(endpoint.id)
        held = {(found.binding.host_ip, found.binding.protocol, found.binding.host_port): found.socket for found in reserved}
        self.relay.listen(
            [
                Relayed(endpoint.id, bound, way.protocol, way.container_ip, way.container_port)
                for way in relays(endpoint)
                if (bound := held.get((str(way.host_ip), way.protocol, way.host_port))) is not None
            ]
        )

    def _reserve_again(self, endpoint: Endpoint) -> bool:
        try:
            requests = [(binding, (ip_address(binding.host_ip),)) for binding in endpoint.ports if not binding.routed]
            self._reservations.reserve(endpoint.id, endpoint.id, requests)
        except (EngineError, OSError) as error:
            self._log.error("container %s keeps running without its published ports: %s", endpoint.container_id, error)
            return False
        return True


def forwards(endpoint: Endpoint) -> list[Forward]:
    """Return what an endpoint's published ports need, each once: a redirection to the container's first address of the host address'
    version, or that this address may be reached at the port."""
    targets = {interface.version: interface.ip for interface in reversed(endpoint.addresses)}
    found = [
        _forward(binding, host_ip, targets[host_ip.version])
        for binding in endpoint.ports
        if (host_ip := ip_address(binding.host_ip)).version in targets
    ]
    return list(dict.fromkeys(found))


def _forward(binding: PortBinding, host_ip: Address, target: Address) -> Forward:
    return Forward(host_ip, binding.protocol, binding.bound_port, target, binding.container_port, routed=binding.routed)


def relays(endpoint: Endpoint) -> list[Forward]:
    """Return the ways of clients by IPv6 whom no rule redirects: to the container's IPv6 address, or else to its IPv4 one."""
    targets = sorted((interface.ip for interface in endpoint.addresses), key=lambda address: -address.version)
    return [
        Forward(host_ip, binding.protocol, binding.host_port, targets[0], binding.container_port)
        for binding in endpoint.ports
        if targets and not binding.routed and binding.protocol in RELAYED and (host_ip := ip_address(binding.host_ip)).version == 6
    ]
