"""What a client may ask of an endpoint, in Docker's sentences."""

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from msgspec.structs import replace

from core.networks.addressing.addresses import Address, parse_address, parse_mac
from core.networks.record import NetworkRecord
from sdk.engine.config import EndpointConfig
from sdk.engine.modes import BRIDGE, HOST, NONE
from sdk.errors import InvalidArgument

_LINK_LOCAL_PREFIXES = {4: 16, 6: 64}
_PARAMETERS = "com.docker.network.endpoint.sysctls"
_NO_IPV6 = "net.ipv6.conf.ifname.disable_ipv6=1"
_INTERFACE = "com.docker.network.endpoint.ifname"
_INTERFACE_NAME = re.compile(r"(?!\.{1,2}$)[^\s/:]{1,15}")
"""dev_valid_name() of the kernel."""
_PARAMETER = re.compile(r"[^.]*\.(ipv4|ipv6|mpls)\.[^.]*\.(IFNAME|ifname)\..*", re.S)


def network_of_mode(mode: str) -> str:
    """Return the name or ID of the network a network mode stands for."""
    return BRIDGE if mode in ("", "default") else mode


def checked_endpoints(endpoints: Mapping[str, EndpointConfig]) -> dict[str, EndpointConfig]:
    """Return the endpoints of a container that is made, by network, in the usual notation; the networks need not exist yet.

    Raises InvalidArgument for addresses that cannot be read, and for settings that no network could heed.
    """
    checked = {name: in_usual_notation(config) for name, config in endpoints.items()}
    faults = [
        f"invalid config for network {name}: {_settings_fault(found)}"
        for name, config in checked.items()
        if (found := list(_faults(network_of_mode(name) in (BRIDGE, HOST, NONE), config)))
    ]
    if faults:
        raise InvalidArgument(joined(faults))
    return checked


def in_usual_notation(config: EndpointConfig) -> EndpointConfig:
    """Return an endpoint's settings with MAC address and IP addresses as others write them. Raises InvalidArgument."""
    if config.mac_address:
        config = replace(config, mac_address=parse_mac(config.mac_address))
    ipam = config.ipam_config
    if ipam is None:
        return config
    four, six = (str(parse_address(text)) if text else "" for text in (ipam.ipv4_address, ipam.ipv6_address))
    others = tuple(str(parse_address(text)) for text in ipam.link_local_ips)
    return replace(config, ipam_config=replace(ipam, ipv4_address=four, ipv6_address=six, link_local_ips=others))


def check_endpoint(network: NetworkRecord, config: EndpointConfig) -> None:
    """Raise InvalidArgument for settings that this network cannot heed."""
    faults = list(_faults(network.predefined, config))
    faults += [
        f"no configured subnet contains IP address {address}"
        for address in static_addresses(config)
        if network.config.subnets and not any(address in cidr for cidr in network.cidrs)
    ]
    if faults:
        raise InvalidArgument(_settings_fault(faults))


def joined(faults: Iterable[str]) -> str:
    """Return several faults as one text, as Docker lists them; one stands by itself."""
    texts = [fault.strip() for fault in faults]
    return texts[0] if len(texts) == 1 else "\n".join("* " + text.replace("\n", "\n\t") for text in texts)


def _settings_fault(faults: list[str]) -> str:
    return f"invalid endpoint settings:\n{joined(faults)}"


def _faults(predefined: bool, config: EndpointConfig) -> Iterator[str]:
    ipam = config.ipam_config
    if predefined and ipam is not None and (ipam.ipv4_address or ipam.ipv6_address):
        yield "user-specified IP address is supported on user-defined networks only"
    if predefined and config.aliases:
        yield "network-scoped aliases are only supported for user-defined networks"
    if ipam is not None:
        yield from _address_faults((4, ipam.ipv4_address), (6, ipam.ipv6_address))
        yield from (f"invalid link-local IP address: {text}" for text in ipam.link_local_ips if parse_address(text).is_unspecified)
    if config.mac_address and not _is_of_one_interface(config.mac_address):
        yield f"invalid MAC address: {config.mac_address}"
    interface = config.driver_opts.get(_INTERFACE, "")
    if interface and not _INTERFACE_NAME.fullmatch(interface):
        yield f"invalid interface name: {interface}"
    if parameters := config.driver_opts.get(_PARAMETERS):
        yield from (
            f"unrecognised network interface sysctl '{text}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V',"
            " 'X' must be 'ipv4', 'ipv6' or 'mpls'"
            for text in parameters.split(",")
            if not _PARAMETER.fullmatch(text)
        )


def _is_of_one_interface(mac: str) -> bool:
    """Tell whether an interface can have a MAC address: it is no group's (IEEE 802, the lowest bit of the first byte), and not all zeros."""
    return not int(mac[:2], 16) & 1 and mac != "00:00:00:00:00:00"


def _address_faults(*wanted: tuple[int, str]) -> Iterator[str]:
    for version, text in wanted:
        if text and ((address := parse_address(text)).version != version or address.is_unspecified):
            yield f"invalid IPv{version} address: {text}"


def check_combination(networks: list[NetworkRecord]) -> None:
    """Raise InvalidArgument when host or none is to be combined with another network."""
    names = {network.name for network in networks}
    if len(names) < 2:
        return
    if HOST in names:
        raise InvalidArgument("container cannot be disconnected from host network or connected to host network")
    if NONE in names:
        raise InvalidArgument("container cannot be connected to multiple networks with one of the networks in private (none) mode")


def static_addresses(config: EndpointConfig) -> list[Address]:
    """Return the addresses a person asked for. Raises InvalidArgument."""
    ipam = config.ipam_config
    texts = (ipam.ipv4_address, ipam.ipv6_address) if ipam is not None else ()
    return [parse_address(text) for text in texts if text]


def address_versions(network: NetworkRecord, config: EndpointConfig, *, ipv6: bool) -> frozenset[int]:
    """Return the IP versions of which an endpoint gets addresses: no IPv6 where the container, or its interface by a kernel parameter, has it
    switched off, unless the network has nothing else."""
    named = "".join(config.driver_opts.get(_PARAMETERS, "").split()).lower()
    switched_off = not ipv6 or _NO_IPV6 in named.split(",")
    return frozenset({4}) if switched_off and any(cidr.version == 4 for cidr in network.cidrs) else frozenset({4, 6})


def link_local_addresses(config: EndpointConfig) -> tuple[IPv4Interface | IPv6Interface, ...]:
    """Return the link-local addresses a client asked for, with the prefix lengths of RFC 3927 and RFC 4291. Raises InvalidArgument."""
    addresses = map(parse_address, config.ipam_config.link_local_ips if config.ipam_config is not None else ())
    return tuple(ip_interface((address, _LINK_LOCAL_PREFIXES[address.version])) for address in addresses)


def dns_names(network: NetworkRecord, config: EndpointConfig, container_id: str, name: str, hostname: str) -> tuple[str, ...]:
    """Return the names a container has on a user-defined network, each once; none on the predefined ones."""
    if network.predefined:
        return ()
    short_id = container_id[:12]
    return tuple(dict.fromkeys(filter(None, (name, *config.aliases, short_id, hostname))))
