"""Networks of links that other hosts are on: what the engine decides otherwise for their drivers."""

from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network

from core.drivers import Drivers
from core.networks.addressing.ipam import AddressSpace, NetworkAddresses
from core.networks.record import NetworkRecord
from sdk.drivers.network import ExternalNetworks
from sdk.engine.networks import NetworkCreate
from sdk.network.gateway_modes import without_gateway

_BOTH_VERSIONS = frozenset({4, 6})


class SharedSubnets:
    """Keeps the addresses of subnets that several networks of one driver share. Lives on the event loop."""

    def __init__(self, drivers: Drivers) -> None:
        self._drivers = drivers
        self._spaces: dict[str, dict[str, AddressSpace]] = {}

    def addresses_of(self, record: NetworkRecord) -> NetworkAddresses:
        """Return the addresses of a network, of which those in shared subnets are all networks'."""
        subnets = () if record.config_only else record.config.subnets
        label = f"{record.name} ({record.id})"
        if self._driver(record.config.driver) is None:
            return NetworkAddresses(label, subnets)
        spaces = self._spaces.setdefault(record.config.driver, {})
        for subnet in subnets:
            spaces.setdefault(subnet.subnet, AddressSpace())
        return NetworkAddresses(label, subnets, spaces)

    def may_share(self, request: NetworkCreate, driver: str, record: NetworkRecord, cidr: IPv4Network | IPv6Network) -> bool:
        """Tell whether a network that is asked for may have another's subnet, too: with a range that the other has not, as in Docker."""
        if record.config.driver != driver or self._driver(driver) is None:
            return False
        ranges = {subnet.ip_range for subnet in record.config.subnets if subnet.subnet == str(cidr)}
        return any(wanted.subnet == str(cidr) and wanted.ip_range not in {"", *ranges} for wanted in request.subnets)

    def without_gateway(self, request: NetworkCreate, driver: str) -> Collection[int]:
        """Return the IP versions of which a network gets a gateway only if the client names one."""
        return without_gateway(request.options) if self._driver(driver) is None else _BOTH_VERSIONS

    async def is_secluded(self, driver: str, request: NetworkCreate) -> bool:
        """Tell whether the driver of a network that is asked for says that it leads nowhere."""
        asked = self._driver(driver)
        return asked is not None and await asked.is_secluded(request.options)

    def _driver(self, name: str) -> ExternalNetworks | None:
        driver = self._drivers.networks.get(name)
        return driver if isinstance(driver, ExternalNetworks) else None
