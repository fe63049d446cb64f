"""Making endpoints on drivers and taking them away: an address from the catalog, an interface from the driver."""

import logging
import secrets
from contextlib import AsyncExitStack
from ipaddress import ip_interface

import anyio

from core.drivers import Drivers
from core.networks.catalog import NetworkCatalog
from core.networks.endpoint_rules import address_versions, link_local_addresses, static_addresses
from core.networks.gateways import routed_ports
from core.networks.places import ConnectRequest, Place
from core.networks.record import EndpointRecord, NetworkRecord, by_versions, endpoint_record
from sdk.drivers.network import Endpoint, EndpointSpec, GatewaySwitch, Sandbox, SandboxMaker
from sdk.errors import EngineError

_INTERFACE_OPTION = "com.docker.network.endpoint.ifname"

_log = logging.getLogger(__name__)


class Endpoints:
    """Speaks to the drivers for `Attachments`; keeps nothing."""

    def __init__(self, catalog: NetworkCatalog, drivers: Drivers) -> None:
        self._catalog = catalog
        self._drivers = drivers

    async def make(
        self, request: ConnectRequest, place: Place, sandbox: Sandbox | None, undo: AsyncExitStack
    ) -> tuple[Sandbox | None, EndpointRecord]:
        """Make an endpoint in a sandbox (None: a new one) and return both; how to take it away goes onto `undo`.

        On host and none there is nothing to make: the record alone says that the container is there.
        """
        network = place.network
        if not network.has_driver:
            return sandbox, EndpointRecord(
                network_id=network.id, network=network.name, config=place.config, id=secrets.token_hex(32)
            )
        spec = self._allocate(request, place, undo)
        driver = self._catalog.driver(network)
        used, endpoint = await driver.connect(network.spec(), spec, sandbox)
        if sandbox is None:
            undo.push_async_callback(self.release, network.config.driver, used)
        undo.push_async_callback(self._unmake, network, endpoint, sandbox)
        if place.routes and not spec.default_route and isinstance(driver, GatewaySwitch):
            await driver.set_default_route(by_versions(endpoint, place.routes), used, preferred=True)
        return used, endpoint_record(network, place.config, endpoint, default_route=place.gateway, routes=place.routes)

    async def isolate(self, undo: AsyncExitStack) -> tuple[str, Sandbox] | None:
        """Take an empty network namespace that is ready, and the name of the driver that made it; how to let go of it goes onto `undo`.

        None where the default driver has none: the runtime makes one then, which takes longer.
        """
        name, driver = self._drivers.network_name, self._drivers.network()
        if not isinstance(driver, SandboxMaker):
            return None
        sandbox = await driver.open_sandbox()
        undo.push_async_callback(self.release, name, sandbox)
        return name, sandbox

    async def take_away(self, network: NetworkRecord, container_id: str, endpoint: EndpointRecord, sandbox: Sandbox | None) -> None:
        """Free an endpoint and its addresses: all of it in a living sandbox, with None what is on the host.

        What a driver cannot free is logged; the next boot frees it.
        """
        if not network.has_driver:
            return
        try:
            await self._unmake(network, endpoint.endpoint(container_id), sandbox)
        except EngineError:
            _log.exception("container %s stays on network %s until the next boot", container_id, network.name)
        if not self._catalog.chooses_addresses(network):
            self._catalog.addresses(network).release(ip_interface(address).ip for address in endpoint.addresses)

    async def release(self, driver: str, sandbox: Sandbox) -> None:
        """Let go of a sandbox a driver made."""
        with anyio.CancelScope(shield=True):
            await self._drivers.network(driver).release(sandbox)

    def take_over(self, network: NetworkRecord, endpoint: EndpointRecord) -> None:
        """Note at boot that an endpoint's addresses are in use. One that another has, or that lies in none of the network's subnets as
        they are now, is logged: its container keeps what it has."""
        if self._catalog.chooses_addresses(network):
            return
        pool = self._catalog.addresses(network)
        for address in endpoint.addresses:
            try:
                pool.claim(ip_interface(address).ip)
            except EngineError as error:
                _log.warning("endpoint %s of network %s: %s", endpoint.id[:12], network.name, error.message)

    def _allocate(self, request: ConnectRequest, place: Place, undo: AsyncExitStack) -> EndpointSpec:
        pool, addresses = self._catalog.addresses(place.network), static_addresses(place.config)
        if not self._catalog.chooses_addresses(place.network):
            versions = address_versions(place.network, place.config, ipv6=request.ipv6)
            addresses = pool.allocate([each for each in addresses if each.version in versions], versions)
            undo.callback(pool.release, addresses)
        return EndpointSpec(
            id=secrets.token_hex(32),
            container_id=request.container_id,
            name=request.container_name,
            addresses=tuple(ip_interface((address, pool.prefix(address))) for address in addresses),
            mac_address=place.config.mac_address,
            interface=place.config.driver_opts.get(_INTERFACE_OPTION, ""),
            default_route=place.routes >= place.network.gateway_versions and bool(place.routes),
            ports=request.ports if place.gateway else routed_ports(place.network, request.ports),
            options=place.config.driver_opts,
            link_local=link_local_addresses(place.config),
        )

    async def _unmake(self, network: NetworkRecord, endpoint: Endpoint, sandbox: Sandbox | None) -> None:
        with anyio.CancelScope(shield=True):
            await self._catalog.driver(network).disconnect(network.spec(), endpoint, sandbox)
