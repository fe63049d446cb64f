"""Containers on networks: the endpoints of every running container."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

import anyio
from msgspec.structs import replace

from core.drivers import Drivers
from core.events.bus import EventBus
from core.networks.attachment import attachment_of
from core.networks.catalog import NetworkCatalog
from core.networks.config_networks import check_joinable
from core.networks.dns.service import NameService
from core.networks.endpoint_rules import check_combination, check_endpoint, dns_names, network_of_mode
from core.networks.endpoints import Endpoints
from core.networks.gateways import Gateways, published, published_by_main
from core.networks.members import Held, Members
from core.networks.paths import paths_of
from core.networks.places import ConnectRequest, Place, places_of
from core.networks.port_links import PortLinks
from core.networks.record import ContainerEndpoints, EndpointRecord, NetworkRecord
from core.store.database import Database
from sdk.drivers.network import NetworkDriver, PortBinding, PortPath, Sandbox
from sdk.engine.config import EndpointConfig
from sdk.engine.containers import NetworkAttachment
from sdk.engine.modes import BRIDGE, HOST, NONE
from sdk.errors import EngineError, NoSuchNetwork, NotRunning, PermissionDenied
from sdk.events import EventType
from sdk.providers import Kind

__all__ = ["Attachments", "ConnectRequest", "Connected"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Connected:
    """A connected container. Without `sandbox_path` it gets an empty network namespace of its own if `private`, else the host's."""

    sandbox_path: str | None
    networks: Mapping[str, NetworkAttachment]
    ports: tuple[PortBinding, ...] = ()
    private: bool = False


class Attachments:
    """Connects and disconnects containers. Lives on the event loop; `members` are those that are connected, `links` their exceptions.

    A record is written after the driver has made the endpoint: should the daemon die in between, the namespace dies with it and the
    next boot removes what is left of it on the host.
    """

    def __init__(self, database: Database, catalog: NetworkCatalog, drivers: Drivers, events: EventBus, names: NameService) -> None:
        self.members = Members(database)
        self.links = PortLinks(catalog)
        self._catalog = catalog
        self._drivers = drivers
        self._endpoints = Endpoints(catalog, drivers)
        self._gateways = Gateways(catalog)
        self._events = events
        self._names = names
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    # -----------------------------------------------------------------------------------------------------------------
    # A container's life
    # -----------------------------------------------------------------------------------------------------------------

    async def connect(self, request: ConnectRequest) -> Connected:
        """Connect a container that is about to start to all its networks, and publish its ports; all or nothing.

        Raises NoSuchNetwork, InvalidArgument, PermissionDenied (address in use), PortAllocated, ResourceExhausted.
        """
        async with self._lock(request.container_id), AsyncExitStack() as undo:
            places = places_of(self._catalog, request)
            with self.members.about_to_join(places):
                record = ContainerEndpoints(
                    name=request.container_name, hostname=request.hostname, resolver=request.resolver, ipv6=request.ipv6
                )
                held = Held(record)
                for place in places:
                    held = await self._add(held, request, place, undo)
                if places[0].network.name == NONE and (made := await self._endpoints.isolate(undo)) is not None:
                    held = replace(held, sandbox=made[1], made_by=made[0], made=made[1])
                self.members.keep(request.container_id, held)
                undo.callback(self._forget, request.container_id)
                await self._answer(request.container_id, held)
            undo.pop_all()
        for place in places:
            self._emit("connect", place.network, request.container_id)
        networks, ports = self.describe(request.container_id)
        path = held.sandbox.path if held.sandbox is not None else None
        return Connected(path, networks, ports, private=places[0].network.name == NONE)

    async def started(self, container_id: str, sandbox_path: str) -> None:
        """Learn the path at which a container's namespace can be reached for as long as it runs."""
        held = self.members.get(container_id)
        if held is not None and held.sandbox is not None:
            self.members.take_over(container_id, replace(held, sandbox=Sandbox(sandbox_path)))

    async def disconnect(self, container_id: str) -> None:
        """Free everything a container had that has ended; idempotent. What a driver cannot free is logged and freed at the next boot."""
        with anyio.CancelScope(shield=True):
            async with self._lock(container_id):
                held = self.members.get(container_id)
                if held is None:
                    return
                for endpoint in held.record.endpoints:
                    await self._take_away(container_id, endpoint, None)
                if held.made is not None:
                    await self._endpoints.release(held.made_by, held.made)
                self._forget(container_id)

    async def restore(self, live: Mapping[str, str]) -> None:
        """At boot, take over the endpoints of containers that live (ID to the path of their namespace) and free all others.

        A driver that fails is logged: containers on its networks keep what they have, and starting others tells why it cannot. What
        fails for one container is logged and does not concern the others. Raises StartupError if the chosen driver is broken.
        """
        for container_id, record in self.members.stored():
            with _logged(container_id):
                if container_id in live:
                    self._take_over(container_id, record, Sandbox(live[container_id]))
                else:
                    self.members.discard(container_id)
        for name, driver in self._drivers.networks.items():
            with self._drivers.at_boot(Kind.NETWORK, name, "restore"):
                await self.bring_in_line(name, driver)
        for container_id, held in self.members.items():
            with _logged(container_id):
                await self._answer(container_id, held)

    async def bring_in_line(self, name: str, driver: NetworkDriver) -> None:
        """Have a driver that was opened, by name, make what the records say of its networks and endpoints, and remove all else."""
        networks = [record for record in self._catalog.records() if record.config.driver == name]
        ids = {network.id for network in networks}
        endpoints = [
            (endpoint.endpoint(container_id), sandbox)
            for container_id, sandbox, endpoint in self.members.living()
            if endpoint.network_id in ids
        ]
        await driver.restore([network.spec() for network in networks], endpoints)

    # -----------------------------------------------------------------------------------------------------------------
    # Changes while a container runs
    # -----------------------------------------------------------------------------------------------------------------

    async def join(
        self, container_id: str, network: NetworkRecord, config: EndpointConfig, ports: tuple[PortBinding, ...] = ()
    ) -> None:
        """Connect a running container to one more network; all or nothing. If that brings its gateway, its ports are published there:
        those that are now, or else `ports`.

        Raises what `connect` raises, PermissionDenied for a network it is on, and NotRunning if it has just ended.
        """
        async with self._lock(container_id), AsyncExitStack() as undo:
            network = self._catalog.find(network.id)  # it may be gone by now
            held = self.members[container_id]
            endpoints = held.record.endpoints
            if any(endpoint.network_id == network.id for endpoint in endpoints):
                raise PermissionDenied(f"endpoint with name {held.record.name} already exists in network {network.name}")
            check_joinable(network)
            check_combination([*(self._catalog.find(endpoint.network_id) for endpoint in endpoints), network])
            check_endpoint(network, config)
            place = self._gateways.place(network, config, endpoints)
            with self.members.about_to_join([place]), _unless_ended(container_id, held.sandbox):
                if place.routes and held.sandbox is not None:
                    ports = published_by_main(endpoints) or ports
                    endpoints = await self._gateways.make_way(container_id, endpoints, place, held.sandbox, undo)
                    held = replace(held, record=replace(held.record, endpoints=endpoints))
                elsewhere = place.gateway and any(not port.routed for port in published(endpoints))
                kept = held.record
                request = ConnectRequest(container_id, kept.name, kept.hostname, ports=() if elsewhere else ports, ipv6=kept.ipv6)
                held = await self._add(held, request, place, undo)
                undo.callback(self.members.keep, container_id, self.members[container_id])
                self.members.keep(container_id, held)
                await self._answer(container_id, held)
            undo.pop_all()
        self._emit("connect", network, container_id)

    async def leave(self, container_id: str, network: NetworkRecord) -> None:
        """Disconnect a running container from one network. Raises PermissionDenied if it is not on it."""
        with anyio.CancelScope(shield=True):
            async with self._lock(container_id):
                held = self.members[container_id]
                endpoint = next((place for place in held.record.endpoints if place.network_id == network.id), None)
                if endpoint is None:
                    raise PermissionDenied(f"container {container_id} is not connected to network {network.name}")
                if network.name == HOST:
                    raise PermissionDenied("container cannot be disconnected from host network or connected to host network")
                await self._take_away(container_id, endpoint, held.sandbox)
                rest = tuple(other for other in held.record.endpoints if other is not endpoint)
                if held.sandbox is not None:
                    rest = await self._gateways.succeed(container_id, rest, held.sandbox, endpoint.ports)
                self.members.keep(container_id, replace(held, record=replace(held.record, endpoints=rest)))
                self._names.learn(container_id, self.members[container_id].record)

    def rename(self, container_id: str, name: str) -> None:
        """Learn a running container's new name; nothing for one that does not run."""
        if held := self.members.get(container_id):
            self.members.keep(container_id, replace(held, record=replace(held.record, name=name)))
            self._names.learn(container_id, self.members[container_id].record)

    # -----------------------------------------------------------------------------------------------------------------
    # What there is
    # -----------------------------------------------------------------------------------------------------------------

    def host_gateways(self) -> tuple[str, ...]:
        """Return the addresses by which containers reach the host: those of the default network's bridge, if there is one."""
        try:
            default = self._catalog.find(BRIDGE)
        except NoSuchNetwork:
            return ()
        return tuple(subnet.gateway for subnet in default.config.subnets if subnet.gateway)

    def describe(self, container_id: str) -> tuple[Mapping[str, NetworkAttachment], tuple[PortBinding, ...]]:
        """Return a running container's networks by name, and its published ports; nothing for one that does not run."""
        held = self.members.get(container_id)
        if held is None:
            return {}, ()
        networks = {endpoint.network: self._attachment(container_id, held.record, endpoint) for endpoint in held.record.endpoints}
        return networks, published(held.record.endpoints)

    async def explain(self, container_id: str) -> list[PortPath]:
        """Return how packets reach a running container's published ports. Raises Unsupported."""
        held = self.members.get(container_id)
        return await paths_of(self._catalog, container_id, held.record) if held is not None else []

    def detached(self, name: str, config: EndpointConfig) -> NetworkAttachment:
        """Return a network that a container will join when it starts, as inspect shows it."""
        try:
            return NetworkAttachment(self._catalog.find(network_of_mode(name)).id, config)
        except NoSuchNetwork:
            return NetworkAttachment("", config)

    # -----------------------------------------------------------------------------------------------------------------
    # How
    # -----------------------------------------------------------------------------------------------------------------

    async def _add(self, held: Held, request: ConnectRequest, place: Place, undo: AsyncExitStack) -> Held:
        sandbox, endpoint = await self._endpoints.make(request, place, held.sandbox, undo)
        record = replace(held.record, endpoints=(*held.record.endpoints, endpoint))
        if held.sandbox is None and sandbox is not None:
            return Held(record, sandbox, made_by=place.network.config.driver, made=sandbox)
        return replace(held, record=record)

    async def _answer(self, container_id: str, held: Held) -> None:
        if held.sandbox is not None:
            await self._names.serve(container_id, held.record, held.sandbox.path)

    async def _take_away(self, container_id: str, endpoint: EndpointRecord, sandbox: Sandbox | None) -> None:
        network = self._catalog.find(endpoint.network_id)
        await self._endpoints.take_away(network, container_id, endpoint, sandbox)
        self._emit("disconnect", network, container_id)

    def _take_over(self, container_id: str, record: ContainerEndpoints, sandbox: Sandbox) -> None:
        """Take over a living container's endpoints, except on networks that no record knows: those it has for itself."""
        known = []
        for endpoint in record.endpoints:
            try:
                self._endpoints.take_over(self._catalog.find(endpoint.network_id), endpoint)
            except NoSuchNetwork:
                _log.warning("container %s is on a network %s that is no more", container_id[:12], endpoint.network)
            else:
                known.append(endpoint)
        self.members.take_over(container_id, Held(replace(record, endpoints=tuple(known)), sandbox))

    def _forget(self, container_id: str) -> None:
        self._names.forget(container_id)
        self.members.forget(container_id)

    def _attachment(self, container_id: str, record: ContainerEndpoints, endpoint: EndpointRecord) -> NetworkAttachment:
        network = self._catalog.find(endpoint.network_id)
        return attachment_of(endpoint, dns_names(network, endpoint.config, container_id, record.name, record.hostname))

    def _emit(self, action: str, network: NetworkRecord, container_id: str) -> None:
        attributes = {"container": container_id, "name": network.name, "type": network.config.driver}
        self._events.emit(EventType.NETWORK, action, network.id, attributes)

    def _lock(self, container_id: str) -> anyio.Lock:
        return self._locks.setdefault(container_id, anyio.Lock(fast_acquire=True))


@contextmanager
def _logged(container_id: str) -> Iterator[None]:
    try:
        yield
    except (EngineError, OSError):
        _log.exception("container %s: its networks could not be taken over", container_id)


@contextmanager
def _unless_ended(container_id: str, sandbox: Sandbox | None) -> Iterator[None]:
    """Say of a failure that the container has ended, if it has: its namespace went with it."""
    try:
        yield
    except EngineError as error:
        if sandbox is None or os.path.exists(sandbox.path):
            raise
        raise NotRunning(container_id) from error
