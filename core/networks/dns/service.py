"""Name servers of the containers on user-defined networks, and the directory they answer from."""

import logging
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface
from typing import TYPE_CHECKING

import anyio
from anyio import CapacityLimiter

from core.background import Background
from core.networks.catalog import NetworkCatalog
from core.networks.dns.directory import Directory, Entry
from core.networks.dns.listening import ADDRESS, Listening, listen
from core.networks.dns.scope import Neighbourhood, Scope
from core.networks.dns.vantage import Upstream, Vantage
from core.networks.endpoint_rules import dns_names
from core.networks.record import ContainerEndpoints, EndpointRecord

if TYPE_CHECKING:
    from core.networks.dns.server import NameServer

_THREADS = 4
_FULL_ID = 64
_SHORT_ID = 12

_log = logging.getLogger(__name__)


class NameService:
    """Lives on the event loop. The default bridge has no names: a container only there keeps the host's name servers."""

    def __init__(self, catalog: NetworkCatalog, background: Background, listen: Callable[[str], Listening] = listen) -> None:
        self._catalog = catalog
        self._background = background
        self._listen = listen
        self._limiter = CapacityLimiter(_THREADS)
        self._directory = Directory()
        self._servers: dict[str, tuple[NameServer, Vantage]] = {}
        self._host = Vantage()

    async def serve(self, container_id: str, record: ContainerEndpoints, sandbox_path: str) -> None:
        """Know a container by its names and, once it is on a user-defined network, answer its questions; idempotent.

        A container whose server cannot be started is reported and runs without.
        """
        if container_id not in self._servers and any(self._neighbourhoods(record)):
            try:
                listening = await anyio.to_thread.run_sync(self._listen, sandbox_path, limiter=self._limiter)
            except OSError as error:
                _log.error("container %s runs without a name server: %s", container_id, error)
            else:
                from core.networks.dns.server import NameServer  # noqa: PLC0415 dnslib takes 1.7 MB that many daemons never need

                vantage = Vantage(sandbox_path)
                self._servers[container_id] = NameServer(self._directory, listening, vantage, self._background), vantage
        self.learn(container_id, record)

    def learn(self, container_id: str, record: ContainerEndpoints) -> None:
        """Take note of a container's networks and names as they are now."""
        self._directory.put(container_id, self._entries(container_id, record))
        if container_id in self._servers:
            server, vantage = self._servers[container_id]
            scope = Scope(tuple(self._neighbourhoods(record)), record.resolver.ndots)
            server.configure(scope, tuple(self._upstreams(record, vantage)))

    def forget(self, container_id: str) -> None:
        """Forget a container that has ended; idempotent."""
        self._directory.put(container_id, ())
        if container_id in self._servers:
            server, _ = self._servers.pop(container_id)
            server.close()

    def close(self) -> None:
        """Stop all servers; the next daemon starts them again."""
        for container_id in list(self._servers):
            self.forget(container_id)
        self._host.close()

    def _entries(self, container_id: str, record: ContainerEndpoints) -> Iterator[Entry]:
        for endpoint in record.endpoints:
            network = self._catalog.find(endpoint.network_id)
            names = dns_names(network, endpoint.config, container_id, record.name, record.hostname)
            if names:
                addresses = tuple(ip_interface(address).ip for address in endpoint.addresses)
                yield Entry(network.id, network.name, container_id, names, addresses)

    def _neighbourhoods(self, record: ContainerEndpoints) -> Iterator[Neighbourhood]:
        """Yield the user-defined networks, that of the default route first."""
        for endpoint in sorted(record.endpoints, key=lambda endpoint: not endpoint.default_route):
            network = self._catalog.find(endpoint.network_id)
            if not network.predefined:
                yield Neighbourhood(network.id, network.name, _links(endpoint))

    def _upstreams(self, record: ContainerEndpoints, vantage: Vantage) -> Iterator[Upstream]:
        """Yield the servers to ask: without a way out only those on the container's own networks."""
        networks = [self._catalog.find(endpoint.network_id) for endpoint in record.endpoints]
        outward = any(network.is_outward for network in networks)
        near = [cidr for network in networks for cidr in network.cidrs]
        for server in record.resolver.servers:
            address = _parsed(server)
            if address is None:  # a container of a release that did not check
                continue
            if server == ADDRESS:  # that is this very server: it would ask itself, and again for each question
                continue
            if outward or address.is_loopback or any(address in cidr for cidr in near):
                yield Upstream(server, vantage)
        if outward:
            yield from (Upstream(server, self._host) for server in record.resolver.host_servers)


def _parsed(server: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(server)
    except ValueError:
        return None


def _links(endpoint: EndpointRecord) -> dict[str, str]:
    """Return the names that links give to others, each with one that the other is known by."""
    links = {}
    for link in endpoint.config.links:
        target = link.container.lstrip("/")
        links[(link.alias or target).lower()] = (target[:_SHORT_ID] if len(target) == _FULL_ID else target).lower()
    return links
