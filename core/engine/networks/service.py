"""The engine's networks, as frontends ask for them."""

import time
from collections.abc import Sequence

from msgspec.structs import replace

from core.containers.files.hostfiles import refresh_host_files
from core.containers.life.live import LiveContainer
from core.containers.life.state import is_running
from core.containers.ports import bindings
from core.engine.containers.preparation.defaults import as_resolved
from core.engine.containers.preparation.port_links import update_port_links
from core.engine.context import EngineContext
from core.engine.moments import parse_moment
from core.networks.catalog import NetworkCatalog
from core.networks.endpoint_rules import check_combination, check_endpoint, in_usual_notation, network_of_mode
from core.networks.filters import listed, prunable
from core.networks.record import NetworkRecord
from sdk.drivers.network import PortPath
from sdk.engine.config import EndpointConfig
from sdk.engine.containers import Filters
from sdk.engine.networks import NetworkCreate, NetworkInfo
from sdk.errors import InvalidArgument, NoSuchContainer, NoSuchNetwork, NotRunning, PermissionDenied
from sdk.events import EventType


class NetworkService:
    """Implements `sdk.engine.Networks` over the catalog, the attachments of running containers and the records of all."""

    def __init__(self, catalog: NetworkCatalog, context: EngineContext) -> None:
        self._catalog = catalog
        self._context = context
        self._attachments = context.attachments

    async def list(self, filters: Filters) -> Sequence[NetworkInfo]:
        """Return the networks that match, by name. Raises InvalidArgument."""
        return [self._info(record) for record in listed(self._catalog.records(), filters, self._attachments.members.in_use)]

    async def inspect(self, ref: str) -> NetworkInfo:
        """Return one network with its members. Raises NoSuchNetwork."""
        return self._info(self._catalog.find(ref))

    async def create(self, request: NetworkCreate) -> NetworkInfo:
        """Make a network. Raises Conflict (name in use), PermissionDenied (pool overlaps), InvalidArgument, NotFound (driver)."""
        record = await self._catalog.create(request)
        self._emit("create", record)
        return self._info(record)

    async def remove(self, ref: str) -> None:
        """Remove a network. Raises PermissionDenied for a predefined one and one that running containers are on."""
        record = self._catalog.find(ref)
        if not record.predefined:
            await self._attachments.members.let_leave(record.id)
        await self._catalog.remove(record, self._attachments.members.in_use)
        if not record.config_only:
            self._emit("destroy", record)

    async def prune(self, filters: Filters) -> Sequence[str]:
        """Remove the networks that no container is on and return their names. Raises InvalidArgument."""
        deleted = []
        now = time.time_ns()
        until = min((parse_moment(text, now) for text in filters.get("until", ())), default=now)
        for record in prunable(self._catalog.records(), filters, self._attachments.members.in_use, until):
            try:
                await self.remove(record.id)
            except (PermissionDenied, NoSuchNetwork):  # another client, or a container, was faster
                continue
            deleted.append(record.name)
        self._context.events.emit(EventType.NETWORK, "prune", "", {"reclaimed": "0"})
        return deleted

    async def connect(self, ref: str, container: str, config: EndpointConfig, *, force: bool = False) -> None:
        """Put a container on a network: at once if it runs, else when it starts. Raises InvalidArgument, PermissionDenied."""
        del force
        network, live = self._catalog.find(ref), self._context.containers.find(container)
        config = in_usual_notation(config)
        async with self._context.containers.hold(live):
            wanted = self._wanted(live)
            if is_running(live.record):
                await self._attachments.join(live.id, network, config, bindings(live.record.config, live.record.host_config))
            else:
                self._check(network, config, wanted)
            await self._take(live, {**wanted, network.name: config})

    async def disconnect(self, ref: str, container: str, *, force: bool = False) -> None:
        """Take a container off a network. With `force` a container or place that is not there is no error."""
        network = self._catalog.find(ref)
        try:
            live = self._context.containers.find(container)
        except NoSuchContainer:
            if force:
                return
            raise
        async with self._context.containers.hold(live):
            wanted = {name: config for name, config in self._wanted(live).items() if self._find_id(name) != network.id}
            if is_running(live.record):
                await self._attachments.leave(live.id, network)
            elif len(wanted) == len(self._wanted(live)) and not force:
                raise PermissionDenied(f"container {live.id} is not connected to the network {network.name}")
            await self._take(live, wanted)

    async def explain(self, container: str) -> Sequence[PortPath]:
        """Return how packets reach a running container's published ports. Raises NoSuchContainer, NotRunning, Unsupported."""
        live = self._context.containers.find(container)
        if not is_running(live.record):
            raise NotRunning(live.id)
        return await self._attachments.explain(live.id)

    def _wanted(self, live: LiveContainer) -> dict[str, EndpointConfig]:
        """Return the networks a container is to be on. Raises InvalidArgument for one that shares another's namespace."""
        mode = live.record.host_config.network_mode
        if mode.joins:
            raise InvalidArgument(
                "container sharing network namespace with another container or host cannot be connected to any other network"
            )
        return live.record.networks or {mode.network: EndpointConfig()}

    def _check(self, network: NetworkRecord, config: EndpointConfig, wanted: dict[str, EndpointConfig]) -> None:
        check_combination([*(self._catalog.find(network_of_mode(name)) for name in wanted), network])
        check_endpoint(network, config)

    async def _take(self, live: LiveContainer, networks: dict[str, EndpointConfig]) -> None:
        """Record the networks a container is on. Of one that runs, the host files and the ports of links follow: should that fail, the
        record is true all the same."""
        self._context.containers.save(live, replace(live.record, networks=networks))
        if is_running(live.record):
            self._refresh(live)
            await update_port_links(self._context, live.record)

    def _refresh(self, live: LiveContainer) -> None:
        networks, _ = self._attachments.describe(live.id)
        refresh_host_files(self._context.directory(live.id), as_resolved(self._context, live.record), networks)

    def _find_id(self, name: str) -> str:
        try:
            return self._catalog.find(network_of_mode(name)).id
        except NoSuchNetwork:
            return ""

    def _info(self, record: NetworkRecord) -> NetworkInfo:
        members = self._attachments.members.of(record.id)
        usage = () if self._catalog.chooses_addresses(record) else self._catalog.addresses(record).usage()
        return NetworkInfo(record.id, record.created_ns, record.config, members, usage=usage)

    def _emit(self, action: str, record: NetworkRecord) -> None:
        self._context.events.emit(EventType.NETWORK, action, record.id, {"name": record.name, "type": record.config.driver})
