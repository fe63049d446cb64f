"""The network `bridge` as the daemon's configuration describes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address, ip_interface, ip_network

from core.defaults import BridgeDefaults
from core.networks.addressing.subnets import complete
from core.networks.ipam_rules import check_subnets
from core.networks.record import NEXT_HOPS
from sdk.engine.modes import BRIDGE
from sdk.engine.networks import NetworkCreate, SubnetConfig
from sdk.errors import InvalidArgument
from sdk.network.mtu import MTU_OPTION

Interface = IPv4Interface | IPv6Interface
Network = IPv4Network | IPv6Network
Choose = Callable[[], SubnetConfig]

NO_BRIDGE = "none"
"""The bridge's name that means: there is no network `bridge`."""

_PREFIX = "com.docker.network.bridge."
_NAME = _PREFIX + "name"
_USUAL_MTU = 1500


def bridge_options(defaults: BridgeDefaults) -> Mapping[str, str]:
    """Return the driver's options of the default network; what is as usual and would not be shown by Docker is left to the driver."""
    options = {
        _PREFIX + "default_bridge": "true",
        _PREFIX + "enable_icc": _word(defaults.icc),
        _PREFIX + "enable_ip_masquerade": _word(defaults.masquerade),
        _PREFIX + "host_binding_ipv4": defaults.host_ip or "0.0.0.0",
    }
    if defaults.name or defaults.managed:
        options[_NAME] = defaults.name or defaults.managed
    if defaults.mtu not in (0, _USUAL_MTU):
        options[MTU_OPTION] = str(defaults.mtu)
    return options


def check_own_bridge(name: str, *, present: bool | None) -> None:
    """Check the bridge that the administrator chose by `--bridge`: `present` tells whether a link of that name is one, None that no link is.

    Raises InvalidArgument, which keeps the daemon from starting, as in dockerd.
    """
    if present is None:
        raise InvalidArgument(f"bridge device with non default name {name} must be created manually")
    if not present:
        raise InvalidArgument(f"existing interface {name} is not a bridge")


def bridge_network(
    driver: str, defaults: BridgeDefaults, present: Sequence[Interface], choose: Choose, unique: SubnetConfig
) -> NetworkCreate:
    """Return the default network. `present` are the addresses that its bridge has, or had when the daemon ran last; `choose` returns an
    IPv4 subnet that is free, and `unique` is the IPv6 subnet that holds unless the configuration names one.

    Raises InvalidArgument where the options contradict each other.
    """
    subnets = [_ipv4(defaults, [address for address in present if address.version == 4], choose)]
    if defaults.ipv6:
        global_ones = [address for address in present if address.version == 6 and _counts(address, defaults)]
        subnets.append(_ipv6(defaults, global_ones, unique))
    return NetworkCreate(BRIDGE, driver=driver, subnets=tuple(subnets), options=bridge_options(defaults), ipv6=defaults.ipv6)


def _ipv4(defaults: BridgeDefaults, present: Sequence[Interface], choose: Choose) -> SubnetConfig:
    range_ = ip_network(defaults.fixed_cidr) if defaults.fixed_cidr else None
    address = ip_interface(defaults.bip) if defaults.bip else _kept(present, range_, managed=not defaults.name)
    if address is None and range_ is None:
        return _routed_by(choose(), defaults.default_gateway)
    if range_ is not None and address is not None and defaults.name and not _within(range_, address.network):
        range_ = None  # a bridge that the administrator made has another subnet: dockerd warns, and gives addresses from all of it
    return _subnet(address, range_, defaults.default_gateway)


def _ipv6(defaults: BridgeDefaults, present: Sequence[Interface], unique: SubnetConfig) -> SubnetConfig:
    range_ = ip_network(defaults.fixed_cidr_v6) if defaults.fixed_cidr_v6 else None
    address = ip_interface(defaults.bip6) if defaults.bip6 else _kept(present, range_, managed=not defaults.name)
    if address is None and range_ is None:
        return _routed_by(unique, defaults.default_gateway_v6)
    if range_ is not None and address is not None and defaults.name and not _within(range_, address.network):
        raise InvalidArgument(
            f"fixed-cidr-v6={range_} is outside any subnet implied by addresses on the user-managed default bridge"
        )
    return _subnet(address, range_, defaults.default_gateway_v6)


def _subnet(address: Interface | None, range_: Network | None, next_hop: str) -> SubnetConfig:
    """Return the subnet of a bridge's address, or of the range alone, in which containers get addresses of the range."""
    subnet = address.network if address is not None else range_
    wanted = SubnetConfig(
        subnet=str(subnet), gateway=str(address.ip) if address is not None else "", ip_range=str(range_) if range_ else ""
    )
    return _routed_by(wanted, next_hop)


def _routed_by(wanted: SubnetConfig, next_hop: str) -> SubnetConfig:
    """Return a subnet whose containers route by another address than the bridge's, if there is one. Raises InvalidArgument."""
    others = {NEXT_HOPS[ip_address(next_hop).version]: next_hop} if next_hop else {}
    return complete(check_subnets([replace(wanted, aux_addresses=others)], ipv6=True)[0])


def _kept(present: Sequence[Interface], range_: Network | None, *, managed: bool) -> Interface | None:
    """Return the address of those a bridge has that it keeps: one whose subnet holds the range, if there is a range.

    A range that is larger than the subnet of a bridge of ours widens that; one outside it begins anew.
    """
    if not present:
        return None
    if range_ is None:
        return present[0]
    chosen = next((address for address in present if range_[0] in address.network), None)
    chosen = chosen or next((address for address in present if address.ip in range_), present[0])
    if not managed or _within(range_, chosen.network):
        return chosen
    if range_[0] not in chosen.network:
        return None
    return ip_interface(f"{chosen.ip}/{range_.prefixlen}")


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner[0] in outer and inner.prefixlen >= outer.prefixlen


def _counts(address: Interface, defaults: BridgeDefaults) -> bool:
    """Tell whether an IPv6 address is one that an administrator chose: the kernel's own counts only where the range is of that kind."""
    if not address.is_link_local or not isinstance(address, IPv6Interface):
        return True
    standard = ip_network("fe80::/64")
    return address.ip not in standard or (bool(defaults.fixed_cidr_v6) and ip_network(defaults.fixed_cidr_v6)[0] in standard)


def previous_addresses(record: NetworkCreate) -> list[Interface]:
    """Return the addresses that a network's bridge had."""
    return [ip_interface(f"{subnet.gateway}/{ip_network(subnet.subnet).prefixlen}") for subnet in record.subnets if subnet.gateway]


def _word(switch: bool) -> str:
    return str(switch).lower()
