"""All networks: their records, their free addresses, and the drivers that make them."""

import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network

from msgspec.structs import replace as replace_record

from core.defaults import BridgeDefaults, NetworkDefaults
from core.drivers import Drivers
from core.networks.addressing.bridge_addresses import bridge_addresses, is_bridge
from core.networks.addressing.driver_subnets import with_subnets_of
from core.networks.addressing.host_routes import host_routes
from core.networks.addressing.ipam import NetworkAddresses
from core.networks.addressing.shared_subnets import SharedSubnets
from core.networks.addressing.subnets import (
    Pools,
    choose_bridge_subnet,
    choose_subnets,
    complete,
    free_subnet,
    resized,
    unique_local_pool,
)
from core.networks.config_networks import CONFIG_DRIVER, check_kind, check_unused, configured
from core.networks.default_bridge import NO_BRIDGE, bridge_network, bridge_options, check_own_bridge, previous_addresses
from core.networks.ipam_rules import check_subnets
from core.networks.network_options import check_ip_versions, with_ip_versions
from core.networks.record import NO_DRIVER, PREDEFINED, NetworkRecord
from core.store.database import Database
from sdk.drivers.network import AddressChooser, NetworkDriver
from sdk.engine.modes import BRIDGE, HOST, NONE
from sdk.engine.networks import NetworkCreate, SubnetConfig
from sdk.errors import AlreadyExists, InvalidArgument, NoSuchNetwork, PermissionDenied

InUse = Callable[[str], bool]
"""Tell whether a network, by ID, has endpoints."""


_log = logging.getLogger(__name__)


class NetworkCatalog:
    """Lives on the event loop; records are in memory and on disk. bridge, host and none are made at the first boot and stay."""

    def __init__(
        self,
        database: Database,
        drivers: Drivers,
        defaults: NetworkDefaults = NetworkDefaults(),  # noqa: B008 - frozen
        bridge: BridgeDefaults = BridgeDefaults(),  # noqa: B008 - frozen
        engine_id: str = "",
    ) -> None:
        self._table = database.table("networks", NetworkRecord)
        self._drivers = drivers
        self._defaults = defaults
        self._bridge = bridge
        self._pools: Pools = tuple((ip_network(pool.base), pool.size) for pool in defaults.address_pools)
        if not any(pool.version == 6 for pool, _ in self._pools):
            self._ipv6_pools: Pools = (unique_local_pool(engine_id),)
        else:
            self._ipv6_pools = self._pools
        self._records: dict[str, NetworkRecord] = dict(self._table.items())
        self._being_made: dict[str, NetworkRecord] = {}
        self._add_predefined()
        self._shared = SharedSubnets(drivers)
        self._addresses = {record.id: self._shared.addresses_of(record) for record in self._records.values()}

    # -----------------------------------------------------------------------------------------------------------------
    # What there is
    # -----------------------------------------------------------------------------------------------------------------

    def records(self) -> list[NetworkRecord]:
        """Return all networks, by name."""
        return sorted(self._records.values(), key=lambda record: record.name)

    def find(self, ref: str) -> NetworkRecord:
        """Return a network by ID, name or unique prefix of its ID. Raises NoSuchNetwork, InvalidArgument (ambiguous)."""
        found = self._records.get(ref) or self._named(ref)
        if found is not None:
            return found
        matches = [record for key, record in self._records.items() if ref and key.startswith(ref)]
        if not matches:
            raise NoSuchNetwork(ref)
        if len(matches) > 1:
            raise InvalidArgument(f"network {ref} is ambiguous ({len(matches)} matches found based on ID prefix)")
        return matches[0]

    def addresses(self, record: NetworkRecord) -> NetworkAddresses:
        """Return the addresses of a network that exists."""
        return self._addresses[record.id]

    def driver(self, record: NetworkRecord) -> NetworkDriver:
        """Return the driver of a network that has one. Raises NotFound."""
        return self._drivers.network(record.config.driver)

    def chooses_addresses(self, record: NetworkRecord) -> bool:
        """Tell whether a network's driver, not the engine, chooses its addresses."""
        return isinstance(self._drivers.networks.get(record.config.driver), AddressChooser)

    # -----------------------------------------------------------------------------------------------------------------
    # Making and removing
    # -----------------------------------------------------------------------------------------------------------------

    async def create(self, request: NetworkCreate) -> NetworkRecord:
        """Make a network, or keep a mere configuration.

        Raises AlreadyExists (name), PermissionDenied (pool overlaps), InvalidArgument, NotFound (driver, configuration).
        """
        self._check_name(request.name)
        driver_name = request.driver or self._drivers.network_name
        defaults = {} if request.config_from else self._defaults.options.get(driver_name, {})
        request = with_ip_versions(request, defaults)
        subnets = check_subnets(request.subnets, ipv4=bool(request.ipv4), ipv6=bool(request.ipv6))
        request = replace(request, subnets=subnets)
        check_kind(request)
        if request.config_only:
            return self._keep(_new_record(replace(request, driver=CONFIG_DRIVER)))
        if driver_name in NO_DRIVER:
            raise PermissionDenied(f'only one instance of "{driver_name}" network is allowed')
        driver = self._drivers.network(driver_name)
        request = configured(request, self._records.values())
        check_ip_versions(request, driver)
        if isinstance(driver, AddressChooser):
            request = await with_subnets_of(driver, request)
        secluded = await self._shared.is_secluded(driver_name, request)
        self._check_name(request.name)  # another request may have been faster meanwhile
        record = replace_record(self._decide(request, driver_name), secluded=secluded)
        self._being_made[record.id] = record  # it has its name and its subnets, and no client can find it yet
        try:
            await driver.create_network(record.spec())
            return self._keep(record)
        finally:
            del self._being_made[record.id]

    async def remove(self, record: NetworkRecord, in_use: InUse) -> None:
        """Remove a network. Raises PermissionDenied for a predefined one, and one that is in use by containers or other networks."""
        if record.predefined:
            raise PermissionDenied(f"{record.name} is a pre-defined network and cannot be removed")
        if in_use(record.id):
            raise PermissionDenied(f"error while removing network: network {record.name} id {record.id} has active endpoints")
        check_unused(record, self._all())
        # From here on no client can find it to connect to.
        self._records.pop(record.id, None)
        try:
            if record.has_driver:
                await self._unmake(record)
        except BaseException:
            self._records[record.id] = record
            raise
        self._table.delete(record.id)
        if addresses := self._addresses.pop(record.id, None):
            addresses.close()

    async def _unmake(self, record: NetworkRecord) -> None:
        if record.config.driver not in self._drivers.networks:  # uninstalled: an administrator must be able to forget the network
            _log.warning(
                "network %s is removed without its driver %s, which is not there: what it made on this machine stays",
                record.name,
                record.config.driver,
            )
            return
        await self.driver(record).remove_network(record.spec())

    def _keep(self, record: NetworkRecord) -> NetworkRecord:
        self._table.put(record.id, record)
        self._records[record.id] = record
        self._addresses[record.id] = self._shared.addresses_of(record)
        return record

    def _named(self, name: str) -> NetworkRecord | None:
        return next((record for record in self._records.values() if record.name == name), None)

    def _all(self) -> tuple[NetworkRecord, ...]:
        return (*self._records.values(), *self._being_made.values())

    def _check_name(self, name: str) -> None:
        if not name.strip() or name != name.strip():
            raise InvalidArgument(f"invalid network name: {name!r}")
        if name in PREDEFINED or name == "default":
            raise PermissionDenied(f"operation is not permitted on predefined {name} network")
        if any(record.name == name for record in self._all()):
            raise AlreadyExists(f"network with name {name} already exists")

    def _decide(self, request: NetworkCreate, driver: str) -> NetworkRecord:
        """Choose what the request leaves open."""
        if request.ipam_driver not in ("", "default"):
            raise InvalidArgument(f"could not find ipam driver {request.ipam_driver}")
        taken = [
            cidr for record in self._all() for cidr in record.cidrs if not self._shared.may_share(request, driver, record, cidr)
        ]
        chosen_by_driver = isinstance(self._drivers.network(driver), AddressChooser)
        wanted = request.subnets if chosen_by_driver else _wanted_subnets(request, lambda: self._ipv6_subnet(taken))
        subnets = choose_subnets(wanted, taken, host_routes(), self._pools, self._shared.without_gateway(request, driver))
        config = replace(request, driver=driver, subnets=tuple(subnets), ipam_driver="default")
        return _new_record(config)

    def _ipv6_subnet(self, taken: Collection[IPv4Network | IPv6Network]) -> SubnetConfig:
        """Return an IPv6 subnet: of the configured pools if one is of IPv6, else of the engine's own."""
        return SubnetConfig(subnet=str(free_subnet(self._ipv6_pools, taken, 6)))

    def _add_predefined(self) -> None:
        for name in (BRIDGE, HOST, NONE):
            known = self._named(name)
            if name == BRIDGE and self._bridge.name == NO_BRIDGE:
                self._forget(known)
                continue
            network_id = known.id if known else secrets.token_hex(32)
            config = self._default_network(network_id, known) if name == BRIDGE else _without_driver(name)
            if known is None or (name == BRIDGE and known.config != config):
                created_ns = known.created_ns if known else time.time_ns()
                record = NetworkRecord(id=network_id, created_ns=created_ns, config=config)
                self._table.put(record.id, record)
                self._records[record.id] = record

    def _forget(self, record: NetworkRecord | None) -> None:
        if record is not None:
            self._table.delete(record.id)
            del self._records[record.id]

    def _default_network(self, network_id: str, known: NetworkRecord | None) -> NetworkCreate:
        """Return the network `bridge` as the configuration has it now, on the subnets it had where that leaves them open."""
        driver = self._drivers.network_name
        if isinstance(self._drivers.networks.get(driver), AddressChooser):
            return NetworkCreate(BRIDGE, driver=driver, options=bridge_options(self._bridge))
        others = [cidr for record in self._records.values() if record.id != network_id for cidr in record.cidrs]
        if self._bridge.name:
            check_own_bridge(self._bridge.name, present=is_bridge(self._bridge.name))
        link = self._bridge.name or self._bridge.managed
        present = bridge_addresses(link) if link else []
        if not present and known and not self._bridge.name:
            present = previous_addresses(known.config)
        return bridge_network(
            driver,
            self._bridge,
            present,
            lambda: choose_bridge_subnet([*host_routes(), *others], self._pools),
            complete(self._ipv6_subnet(others)),
        )


def _new_record(config: NetworkCreate) -> NetworkRecord:
    return NetworkRecord(id=secrets.token_hex(32), created_ns=time.time_ns(), config=config)


def _without_driver(name: str) -> NetworkCreate:
    return NetworkCreate(name, driver="host" if name == HOST else "null")


def _wanted_subnets(request: NetworkCreate, choose_ipv6: Callable[[], SubnetConfig]) -> Iterable[SubnetConfig]:
    """Return the subnets asked for, and one of each IP version that is switched on and not among them."""
    versions = {6 if ":" in subnet.subnet else 4 for subnet in request.subnets}
    for subnet in request.subnets:
        cidr = ip_network(subnet.subnet) if subnet.subnet else None
        if cidr is not None and cidr.version == 6 and cidr.network_address.is_unspecified:
            yield replace(subnet, subnet=str(resized(ip_network(choose_ipv6().subnet), cidr.prefixlen)))
        else:
            yield subnet
    if request.ipv4 and 4 not in versions:
        yield SubnetConfig()
    if request.ipv6 and 6 not in versions:
        yield choose_ipv6()
