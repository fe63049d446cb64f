"""Which networks' gateways a running container uses, and by which its ports are published, as networks come and go.

There is one way out for each IP version. The main one, that of IPv4 or else of IPv6, publishes the ports.
"""

import logging
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import replace as replace_port

from msgspec.structs import replace

from core.networks.catalog import NetworkCatalog
from core.networks.places import Place, rank
from core.networks.record import EndpointRecord, NetworkRecord, by_versions
from sdk.drivers.network import GatewaySwitch, PortBinding, PortPublisher, Sandbox
from sdk.engine.config import EndpointConfig
from sdk.errors import EngineError
from sdk.network.gateway_modes import UNSPECIFIED, routed_versions

_log = logging.getLogger(__name__)

Endpoints = tuple[EndpointRecord, ...]
Versions = frozenset[int]


class Gateways:
    """Moves default routes and published ports between a container's endpoints, where their drivers can; keeps nothing."""

    def __init__(self, catalog: NetworkCatalog) -> None:
        self._catalog = catalog

    def place(self, network: NetworkRecord, config: EndpointConfig, endpoints: Endpoints) -> Place:
        """Return the place of a network that is joined: it becomes the way out where there is none, or before one of lower rank."""
        wanted = rank(network.name, config.gw_priority, network.gateway_versions)
        present = {version: _way_out(endpoints, version) for version in network.gateway_versions}
        routes = frozenset(
            version
            for version, endpoint in present.items()
            if endpoint is None or (wanted < _rank(endpoint) and self._can_switch(endpoint))
        )
        main = 4 in routes or (6 in routes and _way_out(endpoints, 4) is None)
        return Place(network, config, gateway=main, routes=routes)

    async def make_way(
        self, container_id: str, endpoints: Endpoints, place: Place, sandbox: Sandbox, undo: AsyncExitStack
    ) -> Endpoints:
        """Take from these endpoints what a place is to have; return them as they are then."""
        for endpoint in endpoints:
            if taken := endpoint.routes & place.routes:
                await self._switch(container_id, endpoint, sandbox, taken, preferred=False)
                undo.push_async_callback(self._switch, container_id, endpoint, sandbox, taken, preferred=True)
                endpoints = _with(endpoints, replace(endpoint, routed=tuple(sorted(endpoint.routes - taken))))
        main = _main(endpoints)
        if main is None or not place.gateway:
            return endpoints
        left = routed_ports(self._catalog.find(main.network_id), main.ports)
        without = await self._publish(container_id, main, left)
        undo.push_async_callback(self._publish, container_id, without, main.ports)
        return _with(endpoints, replace(without, routed=tuple(sorted(main.routes)), default_route=False))

    async def succeed(self, container_id: str, endpoints: Endpoints, sandbox: Sandbox, ports: tuple[PortBinding, ...]) -> Endpoints:
        """Choose who is routed by, and publishes these ports, when the network that was is gone; return the endpoints as they are then.

        What cannot be done is logged, and the container goes on without it: ports that another container takes at that moment, or all
        of it because it has just ended.
        """
        for version in (4, 6):
            endpoints = await self._inherit(container_id, endpoints, sandbox, version)
        if _main(endpoints) is not None:
            return endpoints
        heir = _way_out(endpoints, 4) or _way_out(endpoints, 6)
        if heir is None:
            return endpoints
        try:
            heir = await self._publish(container_id, heir, ports)
        except EngineError as error:
            _log.warning("container %s goes on without its published ports: %s", container_id[:12], error.message)
            heir = replace(heir, ports=())
        return _with(endpoints, replace(heir, default_route=True))

    async def _inherit(self, container_id: str, endpoints: Endpoints, sandbox: Sandbox, version: int) -> Endpoints:
        """Give an IP version a way out if it has none and there is one."""
        if _way_out(endpoints, version) is not None:
            return endpoints
        heirs = [endpoint for endpoint in endpoints if version in endpoint.gateway_versions and self._can_switch(endpoint)]
        heir = min(heirs, key=_rank, default=None)
        if heir is None:
            return endpoints
        try:
            await self._switch(container_id, heir, sandbox, frozenset({version}), preferred=True)
        except EngineError as error:
            _log.warning("container %s goes on without a gateway: %s", container_id[:12], error.message)
            return endpoints
        return _with(endpoints, replace(heir, routed=tuple(sorted({*heir.routes, version}))))

    def _can_switch(self, endpoint: EndpointRecord) -> bool:
        return isinstance(self._catalog.driver(self._catalog.find(endpoint.network_id)), GatewaySwitch)

    async def _switch(
        self, container_id: str, endpoint: EndpointRecord, sandbox: Sandbox, versions: Versions, *, preferred: bool
    ) -> None:
        network = self._catalog.find(endpoint.network_id)
        driver = self._catalog.driver(network)
        if isinstance(driver, GatewaySwitch):
            await driver.set_default_route(by_versions(endpoint.endpoint(container_id), versions), sandbox, preferred=preferred)

    async def _publish(self, container_id: str, endpoint: EndpointRecord, ports: tuple[PortBinding, ...]) -> EndpointRecord:
        """Publish ports by an endpoint in place of its own, if its driver can; return it as it is then."""
        network = self._catalog.find(endpoint.network_id)
        driver = self._catalog.driver(network)
        if endpoint.ports == ports or not isinstance(driver, PortPublisher):
            return endpoint
        made = await driver.publish(network.spec(), endpoint.endpoint(container_id), ports)
        return replace(endpoint, ports=made.ports)


def published(endpoints: Iterable[EndpointRecord]) -> tuple[PortBinding, ...]:
    """Return the ports that are published by some endpoints."""
    return tuple(port for endpoint in endpoints for port in endpoint.ports)


def published_by_main(endpoints: Iterable[EndpointRecord]) -> tuple[PortBinding, ...]:
    """Return the ports that are published by the main way out."""
    main = _main(endpoints)
    return main.ports if main is not None else ()


def routed_ports(network: NetworkRecord, ports: Iterable[PortBinding]) -> tuple[PortBinding, ...]:
    """Return those of a container's ports that a network opens though it is not the main way out: by addresses that are routed."""
    versions = sorted(routed_versions(network.config.options))
    return tuple(
        replace_port(port, host_ip=UNSPECIFIED[version])
        for port in ports
        for version in versions
        if not port.host_ip or (6 if ":" in port.host_ip else 4) == version
    )


def _rank(endpoint: EndpointRecord) -> tuple[int, int, str]:
    return rank(endpoint.network, endpoint.config.gw_priority, endpoint.gateway_versions)


def _way_out(endpoints: Iterable[EndpointRecord], version: int) -> EndpointRecord | None:
    return next((endpoint for endpoint in endpoints if version in endpoint.routes), None)


def _main(endpoints: Iterable[EndpointRecord]) -> EndpointRecord | None:
    return next((endpoint for endpoint in endpoints if endpoint.default_route), None)


def _with(endpoints: Endpoints, changed: EndpointRecord) -> Endpoints:
    return tuple(changed if endpoint.id == changed.id else endpoint for endpoint in endpoints)
