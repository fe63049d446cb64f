"""What the driver does, synchronously: for worker threads."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from plugins.net_cni import conflists
from plugins.net_cni.attachments import Attachment, Attachments
from plugins.net_cni.capabilities import runtime_configuration
from plugins.net_cni.chain import Chain
from plugins.net_cni.conflists import Conflist
from plugins.net_cni.networks import Networks
from plugins.net_cni.programs import Programs
from plugins.net_cni.results import Result
from plugins.net_cni.settings import CniSettings
from plugins.net_cni.stand_in import stand_in
from sdk.drivers.network import Endpoint, EndpointSpec, NetworkSpec, PortBinding, Sandbox, Subnet
from sdk.errors import EngineError, InvalidArgument
from sdk.network.default_routes import route_by
from sdk.network.namespaces import Namespaces, free_interface
from sdk.network.reservations import Reservations, host_addresses

_EVERY_ADDRESS = IPv4Address(0)


class Datapath:
    """Lists, plugins, namespaces and host ports of one daemon, in the network namespace of the thread that calls."""

    def __init__(self, data_root: Path, settings: CniSettings, log: logging.Logger) -> None:
        self._conf_dir = settings.conf_dir
        self._log = log
        self._programs = Programs(settings.bin_dirs, settings.timeout)
        self._attachments = Attachments(data_root / "attachments")
        self._chain = Chain(self._programs, self._attachments)
        self._networks = Networks(data_root / "networks")
        self._namespaces = Namespaces()
        self._reservations = Reservations()

    def close(self) -> None:
        """Give back what only this process needs; networks and endpoints stay."""
        self._namespaces.close()
        self._reservations.close()

    def subnets(self, network: NetworkSpec) -> tuple[Subnet, ...]:
        """Return the subnets of a network's list. Raises InvalidArgument for others than those."""
        conflist = self._list(network)
        present = {subnet.cidr: subnet.gateway or subnet.cidr[1] for subnet in conflist.subnets}
        for wanted in network.subnets:
            if wanted.cidr not in present:
                there = ", ".join(map(str, present)) or "none"
                raise InvalidArgument(
                    f'the subnet {wanted.cidr} is not one of the CNI list "{conflist.name}", which says what a network has ({there})'
                )
            if wanted.gateway not in (None, present[wanted.cidr]):
                raise InvalidArgument(f'the gateway of {wanted.cidr} in the CNI list "{conflist.name}" is {present[wanted.cidr]}')
        return conflist.subnets

    def create_network(self, network: NetworkSpec) -> None:
        """Check a network's list and that its plugins are there; idempotent. Nothing is made before the first container comes."""
        if network.internal:
            raise InvalidArgument("a CNI network's list decides whether it leads anywhere else; --internal cannot be asked for")
        conflist = self._list(network)
        for program in conflist.programs:
            self._programs.find(program)
        self._networks.learn(network, conflist)

    def remove_network(self, network: NetworkSpec) -> None:
        """Remove what the network's plugins would leave behind; idempotent."""
        self._networks.remove(network.id)

    def connect(self, network: NetworkSpec, spec: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        """Run ADD for a sandbox, made anew for None."""
        conflist = self._list(network)
        with ExitStack() as undo:
            place = sandbox or self._namespaces.make()
            if sandbox is None:
                undo.callback(self._namespaces.release, place)
            undo.callback(self._reservations.release, spec.id)
            ports = self._reserve(spec, {subnet.cidr.version for subnet in network.subnets})
            attachment = Attachment(
                endpoint_id=spec.id,
                container_id=spec.container_id,
                interface=spec.interface or free_interface(place.path),
                conflist=conflist.text,
                runtime=runtime_configuration(conflist, spec, ports),
            )
            result = self._chain.add(attachment, place.path)
            undo.callback(self._take_away, attachment, place.path)
            endpoint = _endpoint(network, spec, attachment.interface, ports, result)
            _check_addresses(conflist, spec, endpoint)
            if not spec.default_route:
                route_by(place.path, endpoint.interface, endpoint.gateways, preferred=False)
            self._namespaces.hold(spec.id, place.path)
            undo.pop_all()
        return place, endpoint

    def disconnect(self, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        """Run DEL and give the ports back; idempotent."""
        try:
            attachment = self._attachments.find(endpoint.container_id, endpoint.interface)
            if attachment is not None and attachment.endpoint_id == endpoint.id:
                self._take_away(attachment, self._namespaces.of(endpoint.id) or (sandbox.path if sandbox else ""))
        finally:
            self._reservations.release(endpoint.id)
            self._namespaces.let_go(endpoint.id)

    def open_sandbox(self) -> Sandbox:
        """Return a namespace with nothing but a loopback."""
        return self._namespaces.make()

    def release(self, sandbox: Sandbox) -> None:
        """Let go of a sandbox; idempotent."""
        self._namespaces.release(sandbox)

    def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        """Run DEL for what ended while the daemon was away, and CHECK for what lives."""
        living = {endpoint.id for endpoint, _ in endpoints}
        for attachment in self._attachments.all():
            if attachment.endpoint_id not in living:
                self._forget(attachment)
        self._networks.remove_others({network.id for network in networks})
        for network in networks:
            try:
                self.create_network(network)
            except EngineError as error:
                self._log.error("network %s: %s", network.name, error)
        for endpoint, sandbox in endpoints:
            self._take_over(endpoint, sandbox)

    def set_default_route(self, endpoint: Endpoint, path: str, *, preferred: bool) -> None:
        """Make an endpoint's gateways the container's, or no longer; idempotent."""
        route_by(path, endpoint.interface, endpoint.gateways, preferred=preferred)

    def audit(self) -> list[str]:
        """Return a line for each interface that plugins made and each bridge that goes with a network."""
        added = [f"interface {found.interface} of container {found.container_id}" for found in self._attachments.all()]
        return added + [f"bridge {name}" for name in self._networks.bridges()]

    def _list(self, network: NetworkSpec) -> Conflist:
        return conflists.named(self._conf_dir, conflists.name_for(network))

    def _reserve(self, spec: EndpointSpec, versions: set[int]) -> tuple[PortBinding, ...]:
        requests = [(port, host_addresses(port, _EVERY_ADDRESS, frozenset(versions or {4}))) for port in spec.ports]
        return self._reservations.reserve(spec.id, f"{spec.name or spec.container_id[:12]} ({spec.id})", requests)

    def _take_away(self, attachment: Attachment, path: str) -> None:
        if path:
            self._chain.delete(attachment, path)
        else:
            with stand_in(attachment) as gone:
                self._chain.delete(attachment, gone)

    def _forget(self, attachment: Attachment) -> None:
        try:
            self._take_away(attachment, "")
        except (EngineError, OSError) as error:
            self._log.error("%s of container %s is not wholly gone: %s", attachment.interface, attachment.container_id, error)

    def _take_over(self, endpoint: Endpoint, sandbox: Sandbox) -> None:
        try:
            self._namespaces.hold(endpoint.id, sandbox.path)
            self._reservations.reserve(endpoint.id, endpoint.id, [(port, (ip_address(port.host_ip),)) for port in endpoint.ports])
            if attachment := self._attachments.find(endpoint.container_id, endpoint.interface):
                self._chain.check(attachment, sandbox.path)
        except (EngineError, OSError) as error:
            self._log.error("the network of container %s is not as it was: %s", endpoint.container_id, error)


def _endpoint(network: NetworkSpec, spec: EndpointSpec, interface: str, ports: tuple[PortBinding, ...], result: Result) -> Endpoint:
    return Endpoint(
        id=spec.id,
        network_id=network.id,
        container_id=spec.container_id,
        interface=interface,
        mac_address=result.mac(interface),
        addresses=result.addresses(interface),
        gateways=result.gateways(),
        ports=ports,
        host_interface=result.host_interface(),
    )


def _check_addresses(conflist: Conflist, spec: EndpointSpec, endpoint: Endpoint) -> None:
    """Raise InvalidArgument if a plugin took the wish for an address and did something else."""
    given = {interface.ip for interface in endpoint.addresses}
    missing = [str(interface.ip) for interface in spec.addresses if interface.ip not in given]
    if missing:
        raise InvalidArgument(f'the plugins of the CNI list "{conflist.name}" did not give the address {", ".join(missing)}')
