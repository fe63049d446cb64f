"""Subnets: which one a network gets."""

import hashlib
from collections.abc import Collection, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from sdk.engine.networks import SubnetConfig
from sdk.errors import InvalidArgument, PermissionDenied, ResourceExhausted

Network = IPv4Network | IPv6Network

DEFAULT_BRIDGE_POOLS = tuple(IPv4Network(f"172.{number}.0.0/16") for number in range(17, 32))
_USER_PREFIX = 24
_BRIDGE_POOLS: tuple[tuple[Network, int], ...] = tuple((pool, 16) for pool in DEFAULT_BRIDGE_POOLS)
_USER_POOLS: tuple[tuple[Network, int], ...] = tuple(
    (pool, _USER_PREFIX) for pool in (*DEFAULT_BRIDGE_POOLS[1:], IPv4Network("192.168.0.0/16"))
)
OVERLAP = "invalid pool request: Pool overlaps with other one on this address space"


Pools = tuple[tuple[Network, int], ...]
"""Where subnets come from that a client does not name: ranges, and the prefix length of what is cut from each."""


def choose_subnets(
    wanted: Iterable[SubnetConfig],
    taken: Collection[Network],
    routes: Collection[Network],
    pools: Pools = (),
    without_gateway: Collection[int] = (),
) -> list[SubnetConfig]:
    """Make subnets that `check_subnets` has seen concrete: those without an address range get one of the pools that overlaps no network
    and no host route, of the size that an unspecified address names (`0.0.0.0/28`). `without_gateway` are IP versions that need none.

    Raises InvalidArgument, PermissionDenied (a subnet overlaps another network's), ResourceExhausted.
    """
    chosen: list[SubnetConfig] = []
    in_use = list(taken)
    for request in wanted:
        cidr = _named(request) or free_subnet(_sized(pools or _USER_POOLS, request), [*in_use, *routes])
        if request.subnet and any(_overlap(cidr, other) for other in in_use):
            raise PermissionDenied(OVERLAP)
        in_use.append(cidr)
        chosen.append(complete(request, cidr, gateway=cidr.version not in without_gateway))
    return chosen


def resized(subnet: Network, prefix: int) -> Network:
    """Return the subnet of another size that begins where this one does."""
    return ip_network((subnet.network_address, prefix), strict=False)


def _named(request: SubnetConfig) -> Network | None:
    """Return the subnet that a client names, None if it names but a size or nothing."""
    subnet = ip_network(request.subnet) if request.subnet else None
    return None if subnet is None or (subnet.version == 4 and subnet.network_address.is_unspecified) else subnet


def _sized(pools: Pools, request: SubnetConfig) -> Pools:
    """Return the pools with the size that a client names."""
    if not request.subnet:
        return pools
    prefix = ip_network(request.subnet).prefixlen
    return tuple((pool, prefix) for pool, _ in pools if pool.prefixlen <= prefix <= pool.max_prefixlen)


def choose_bridge_subnet(routes: Collection[Network], pools: Pools = ()) -> SubnetConfig:
    """Return the default network's subnet: of the pools, or Docker's 172.17.0.0/16 or the next the host has no route into."""
    return complete(SubnetConfig(), free_subnet(pools or _BRIDGE_POOLS, routes))


def unique_local_pool(engine_id: str) -> tuple[Network, int]:
    """Return the pool of an engine's IPv6 subnets (RFC 4193, section 3.2.2), as dockerd derives it from the same identity."""
    digest = hashlib.sha256(engine_id.encode()).digest()
    return IPv6Network((int.from_bytes(b"\xfd" + digest[3:8]) << 80, 48)), 64


def complete(request: SubnetConfig, subnet: Network | None = None, *, gateway: bool = True) -> SubnetConfig:
    """Fill in the gateway of a subnet: this one, or the request's own. Raises InvalidArgument for one that is an auxiliary address, too."""
    cidr = subnet or ip_network(request.subnet)
    address_of_gateway = request.gateway or (_default_gateway(request, cidr) if gateway else "")
    for name, address in request.aux_addresses.items():
        if address == address_of_gateway:
            raise InvalidArgument(f"failed to allocate secondary ip address ({name}:{address}): Address already in use")
    return SubnetConfig(str(cidr), address_of_gateway, request.ip_range, dict(request.aux_addresses))


def _default_gateway(request: SubnetConfig, cidr: Network) -> str:
    """Return the first address of the range (or subnet) that is no auxiliary one."""
    first, last = usable(ip_network(request.ip_range) if request.ip_range else cidr, cidr)
    reserved = {int(ip_address(address)) for address in request.aux_addresses.values()}
    number = next((number for number in range(first, last + 1) if number not in reserved), None)
    if number is None:
        raise InvalidArgument(f"no address is left for the gateway of {cidr}")
    return str(cidr[number - int(cidr.network_address)])


def usable(chosen: Network, cidr: Network) -> tuple[int, int]:
    """Return the first and last address for containers in a range of a subnet: not the network's own, nor IPv4's broadcast."""
    first, last = int(chosen.network_address), int(chosen.broadcast_address)
    if cidr.prefixlen < cidr.max_prefixlen - 1:
        first = max(first, int(cidr.network_address) + 1)
        if cidr.version == 4:
            last = min(last, int(cidr.broadcast_address) - 1)
    return first, last


def free_subnet(pools: Pools, taken: Collection[Network], version: int = 4) -> Network:
    """Return the first subnet of the pools of an IP version that overlaps nothing taken. Raises ResourceExhausted."""
    spans = sorted((int(other.network_address), int(other.broadcast_address)) for other in taken if other.version == version)
    for pool, prefix in pools:
        first = _gap(pool, prefix, spans) if pool.version == version else None
        if first is not None:
            return ip_network((first, prefix))
    raise ResourceExhausted(
        f"could not find an available, non-overlapping IPv{version} address pool among the defaults to assign to the network"
    )


def _gap(pool: Network, prefix: int, spans: Iterable[tuple[int, int]]) -> int | None:
    """Return where the first subnet of a size begins that no span touches; spans are first and last addresses, in order."""
    size = 1 << (pool.max_prefixlen - prefix)
    first = int(pool.network_address)
    for begin, end in spans:
        if begin >= first + size:
            break
        if end >= first:
            first = (end // size + 1) * size
    return first if first + size - 1 <= int(pool.broadcast_address) else None


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
