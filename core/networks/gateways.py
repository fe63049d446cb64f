"""Which network's gateway a running container uses, and by which its ports are published, as networks come and go."""

import logging
from collections.abc import Iterable
from contextlib import AsyncExitStack

from msgspec.structs import replace

from core.drivers import calling
from core.networks.catalog import NetworkCatalog
from core.networks.record import EndpointRecord, NetworkRecord
from sdk.drivers.network import GatewaySwitch, PortBinding, PortPublisher, Sandbox
from sdk.engine.config import EndpointConfig
from sdk.errors import EngineError

_log = logging.getLogger(__name__)

Endpoints = tuple[EndpointRecord, ...]


class Gateways:
    """Moves default routes and published ports between a container's endpoints, where their drivers can; keeps nothing."""

    def __init__(self, catalog: NetworkCatalog) -> None:
        self._catalog = catalog

    def takes_over(self, network: NetworkRecord, config: EndpointConfig, endpoints: Endpoints) -> bool:
        """Tell whether a network that is joined brings the container's gateway: the first with a way out, or one of higher priority."""
        if network.config.internal or not network.has_driver:
            return False
        present = _preferred(endpoints)
        return present is None or (config.gw_priority > present.config.gw_priority and self._can_switch(present))

    async def make_way(self, container_id: str, endpoints: Endpoints, sandbox: Sandbox, undo: AsyncExitStack) -> Endpoints:
        """Route and publish by none of these endpoints first, so that another can; return them as they are then."""
        present = _preferred(endpoints)
        if present is None:
            return endpoints
        await self._switch(container_id, present, sandbox, preferred=False)
        undo.push_async_callback(self._switch, container_id, present, sandbox, preferred=True)
        without = await self._publish(container_id, present, ())
        undo.push_async_callback(self._publish, container_id, without, present.ports)
        return _with(endpoints, replace(without, default_route=False))

    async def succeed(self, container_id: str, endpoints: Endpoints, sandbox: Sandbox, ports: tuple[PortBinding, ...]) -> Endpoints:
        """Choose who is routed by, and publishes these ports, when the network that was is gone; return the endpoints as they are then.

        What cannot be done is logged, and the container goes on without it: ports that somebody else takes at that moment, or all of it
        because it has just ended.
        """
        if _preferred(endpoints) is not None:
            return endpoints
        heirs = [endpoint for endpoint in endpoints if endpoint.gateways and self._can_switch(endpoint)]
        heir = min(heirs, key=lambda endpoint: (-endpoint.config.gw_priority, endpoint.network), default=None)
        if heir is None:
            return endpoints
        try:
            await self._switch(container_id, heir, sandbox, preferred=True)
        except EngineError as error:
            _log.warning("container %s goes on without a gateway: %s", container_id[:12], error.message)
            return endpoints
        try:
            heir = await self._publish(container_id, heir, ports)
        except EngineError as error:
            _log.warning("container %s goes on without its published ports: %s", container_id[:12], error.message)
        return _with(endpoints, replace(heir, default_route=True))

    def _can_switch(self, endpoint: EndpointRecord) -> bool:
        return isinstance(self._catalog.driver(self._catalog.find(endpoint.network_id)), GatewaySwitch)

    async def _switch(self, container_id: str, endpoint: EndpointRecord, sandbox: Sandbox, *, preferred: bool) -> None:
        network = self._catalog.find(endpoint.network_id)
        driver = self._catalog.driver(network)
        if isinstance(driver, GatewaySwitch):
            with calling(network.config.driver, "set_default_route"):
                await driver.set_default_route(endpoint.endpoint(container_id), sandbox, preferred=preferred)

    async def _publish(self, container_id: str, endpoint: EndpointRecord, ports: tuple[PortBinding, ...]) -> EndpointRecord:
        """Publish ports by an endpoint in place of its own, if its driver can; return it as it is then."""
        network = self._catalog.find(endpoint.network_id)
        driver = self._catalog.driver(network)
        if endpoint.ports == ports or not isinstance(driver, PortPublisher):
            return endpoint
        with calling(network.config.driver, "publish"):
            made = await driver.publish(network.spec(), endpoint.endpoint(container_id), ports)
        return replace(endpoint, ports=made.ports)


def published(endpoints: Iterable[EndpointRecord]) -> tuple[PortBinding, ...]:
    """Return the ports that are published by some endpoints."""
    return tuple(port for endpoint in endpoints for port in endpoint.ports)


def _preferred(endpoints: Iterable[EndpointRecord]) -> EndpointRecord | None:
    return next((endpoint for endpoint in endpoints if endpoint.default_route), None)


def _with(endpoints: Endpoints, changed: EndpointRecord) -> Endpoints:
    return tuple(changed if endpoint.id == changed.id else endpoint for endpoint in endpoints)
