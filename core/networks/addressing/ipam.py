"""IP address management: which address a container gets.

Nothing here is stored: records of networks and endpoints are the truth, and what is in use is rebuilt from them at boot.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import MappingProxyType

from core.networks.addressing.subnets import Network, usable
from sdk.engine.networks import SubnetConfig, SubnetUsage
from sdk.errors import InvalidArgument, PermissionDenied, ResourceExhausted

Address = IPv4Address | IPv6Address


class AddressSpace:
    """Which addresses of a subnet are in use: on one network, or on several that share it."""

    def __init__(self) -> None:
        self.taken: set[int] = set()
        self.pools: list[AddressPool] = []

    def __contains__(self, number: int) -> bool:
        return number in self.taken or any(number in pool.reserved for pool in self.pools)

    def all(self) -> set[int]:
        """Return what is in use."""
        return self.taken.union(*(pool.reserved for pool in self.pools))


class AddressPool:
    """The addresses of one subnet, of which the lowest free one is given first: a container that is started again mostly has the one it had."""

    def __init__(self, subnet: SubnetConfig, space: AddressSpace | None = None) -> None:
        self.cidr: Network = ip_network(subnet.subnet)
        self._chosen: Network = ip_network(subnet.ip_range) if subnet.ip_range else self.cidr
        self._first, self._last = usable(self._chosen, self.cidr)
        self.reserved = frozenset(int(ip_address(text)) for text in (subnet.gateway, *subnet.aux_addresses.values()) if text)
        self._space = space or AddressSpace()
        self._space.pools.append(self)
        self._lowest = self._first  # those below are in use

    def allocate(self) -> Address | None:
        """Return an address that is not in use, None if there is none."""
        while self._lowest in self._space:
            self._lowest += 1
        if self._lowest > self._last:
            return None
        self._space.taken.add(self._lowest)
        return self.cidr[self._lowest - int(self.cidr.network_address)]

    def claim(self, address: Address) -> bool:
        """Take a particular address; False if it is in use."""
        number = int(address)
        if number in self._space:
            return False
        self._space.taken.add(number)
        return True

    def release(self, address: Address) -> None:
        """Give an address back; idempotent."""
        number = int(address)
        self._space.taken.discard(number)
        for pool in self._space.pools:
            pool.reconsider(number)

    def close(self) -> None:
        """Give back what is reserved for the network; idempotent."""
        if self in self._space.pools:
            self._space.pools.remove(self)
            for pool, number in itertools.product(self._space.pools, self.reserved):
                pool.reconsider(number)

    def reconsider(self, number: int) -> None:
        """Take note of an address that may be free now."""
        if self._first <= number < self._lowest:
            self._lowest = number

    def usage(self) -> SubnetUsage:
        """Return how many addresses are in use. Those of no container count: the network's own, IPv4's broadcast, gateway, auxiliary."""
        taken = self._space.all() | _own_addresses(self.cidr)
        first, last = int(self._chosen.network_address), int(self._chosen.broadcast_address)
        return SubnetUsage(str(self.cidr), len(taken), last - first + 1 - sum(first <= number <= last for number in taken))


def _own_addresses(cidr: Network) -> set[int]:
    """Return the addresses that are the subnet's: of IPv6 the routers' anycast address (RFC 4291 2.6.1)."""
    if cidr.prefixlen >= cidr.max_prefixlen - 1:
        return set()
    own = {int(cidr.network_address)}
    return own | {int(cidr.broadcast_address)} if cidr.version == 4 else own


class NetworkAddresses:
    """The pools of one network. `label` is the network in error messages; `spaces` are those of subnets that it shares, by subnet."""

    def __init__(
        self, label: str, subnets: Iterable[SubnetConfig], spaces: Mapping[str, AddressSpace] = MappingProxyType({})
    ) -> None:
        self._label = label
        self._pools = [AddressPool(subnet, spaces.get(subnet.subnet)) for subnet in subnets]

    def close(self) -> None:
        """Give back what is reserved for the network; idempotent."""
        for pool in self._pools:
            pool.close()

    def allocate(self, wanted: Collection[Address] = (), versions: Collection[int] = (4, 6)) -> list[Address]:
        """Return one address of each of these IP versions that the network has: the wanted ones, others by choice.

        Raises InvalidArgument (no subnet has it), PermissionDenied (in use), ResourceExhausted; then nothing is taken.
        """
        taken: list[Address] = []
        try:
            for address in wanted:
                self.claim(address)
                taken.append(address)
            taken += self._others(
                ({pool.cidr.version for pool in self._pools} & set(versions)) - {address.version for address in wanted}
            )
        except BaseException:
            self.release(taken)
            raise
        return sorted(taken, key=lambda address: address.version)

    def claim(self, address: Address) -> None:
        """Take a particular address. Raises InvalidArgument, PermissionDenied with Docker's sentences."""
        if not self._pool(address).claim(address):
            raise PermissionDenied("Address already in use")

    def release(self, addresses: Iterable[Address]) -> None:
        """Give addresses back; idempotent. Those of a subnet that the network has no more are not in use."""
        for address in addresses:
            for pool in self._pools:
                if address in pool.cidr:
                    pool.release(address)

    def usage(self) -> tuple[SubnetUsage, ...]:
        """Return how much of each subnet is in use."""
        return tuple(pool.usage() for pool in self._pools)

    def prefix(self, address: Address) -> int:
        """Return the length of the prefix an address has on this network."""
        return self._pool(address).cidr.prefixlen

    def _pool(self, address: Address) -> AddressPool:
        for pool in self._pools:
            if address in pool.cidr:
                return pool
        raise InvalidArgument(f"Invalid address {address}: It does not belong to any of this network's subnets")

    def _others(self, versions: Collection[int]) -> Iterator[Address]:
        for version in sorted(versions):
            yield self._any(version)

    def _any(self, version: int) -> Address:
        for pool in self._pools:
            if pool.cidr.version == version and (address := pool.allocate()) is not None:
                return address
        raise ResourceExhausted(f"no available IPv{version} addresses on this network's address pools: {self._label}")
