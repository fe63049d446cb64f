"""A network driver that makes nothing: it remembers what it was asked, and refuses ports that are taken."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from sdk.drivers.network import Endpoint, EndpointSpec, NetworkDriver, NetworkSpec, PortBinding, Sandbox
from sdk.errors import PortAllocated


class PaperNetworkDriver(NetworkDriver):
    """Networks, endpoints and sandboxes on paper. `fail_on` makes the connection to a network of that name fail."""

    def __init__(self) -> None:
        self.networks: dict[str, NetworkSpec] = {}
        self.endpoints: dict[str, tuple[EndpointSpec, Endpoint]] = {}
        self.sandboxes: set[str] = set()
        self.restored: list[tuple[Endpoint, Sandbox]] = []
        self.fail_on = ""

    async def create_network(self, network: NetworkSpec) -> None:
        self.networks[network.id] = network

    async def remove_network(self, network: NetworkSpec) -> None:
        self.networks.pop(network.id, None)

    async def connect(self, network: NetworkSpec, endpoint: EndpointSpec, sandbox: Sandbox | None) -> tuple[Sandbox, Endpoint]:
        if network.name == self.fail_on:
            raise RuntimeError("the cable is cut")
        ports = tuple(self._publish(endpoint, port) for port in endpoint.ports)
        used = sandbox or Sandbox(f"/paper/{secrets.token_hex(4)}")
        self.sandboxes.add(used.path)
        gateways = tuple(subnet.gateway for subnet in network.subnets if subnet.gateway is not None)
        made = Endpoint(
            endpoint.id,
            network.id,
            endpoint.container_id,
            "eth0",
            endpoint.mac_address,
            endpoint.addresses,
            gateways,
            ports,
            "veth0",
        )
        self.endpoints[made.id] = (endpoint, made)
        return used, made

    async def disconnect(self, network: NetworkSpec, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        del network, sandbox
        self.endpoints.pop(endpoint.id, None)

    async def release(self, sandbox: Sandbox) -> None:
        self.sandboxes.discard(sandbox.path)

    async def restore(self, networks: Sequence[NetworkSpec], endpoints: Sequence[tuple[Endpoint, Sandbox]]) -> None:
        self.networks = {network.id: network for network in networks}
        self.restored = list(endpoints)

    async def audit(self) -> Sequence[str]:
        return [f"network {network.name}" for network in self.networks.values()] + [f"endpoint {key}" for key in self.endpoints]

    def _publish(self, endpoint: EndpointSpec, port: PortBinding) -> PortBinding:
        taken = {binding.host_port for _, made in self.endpoints.values() for binding in made.ports}
        if port.host_port in taken:
            raise PortAllocated(endpoint.name, port.host_ip or "0.0.0.0", port.host_port)
        return replace(port, host_ip=port.host_ip or "0.0.0.0", host_port=port.host_port or 32768 + len(taken))
