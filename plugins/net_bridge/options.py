"""Docker's options of a bridge network, parsed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from plugins.net_bridge.kernel.messages import LEAST_IPV6_MTU
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import NetworkSpec
from sdk.errors import InvalidArgument
from sdk.network.announcing import Announcing, announcing
from sdk.network.gateway_modes import GATEWAY_MODES, INHIBIT_IPV4, routed_versions, versions_of_mode, without_gateway
from sdk.network.mtu import MTU_OPTION, parse_mtu
from sdk.text import truth

_PREFIX = "com.docker.network.bridge."
_NAME, _DEFAULT = _PREFIX + "name", _PREFIX + "default_bridge"
_ICC, _MASQUERADE, _HOST_IP = _PREFIX + "enable_icc", _PREFIX + "enable_ip_masquerade", _PREFIX + "host_binding_ipv4"
_MODES = frozenset({"", "nat", "nat-unprotected", "routed", "isolated"})
_INTERFACE_PREFIX = "com.docker.network.container_iface_prefix"
_TRUSTED = _PREFIX + "trusted_host_interfaces"
_SOURCES = {4: "com.docker.network.host_ipv4", 6: "com.docker.network.host_ipv6"}
_NAME_LIMIT = 15
_LEAST_MTU, _MOST_MTU = 68, 65535
_PREFIX_NAME = re.compile(r"[^\s/:]{1,13}")
"""A prefix to which the kernel lets a number be added."""
_INTERFACE_NAME = re.compile(r"[^\s/:\"*\\]{1,15}", re.ASCII)
_PARAMETERS = "com.docker.network.endpoint.sysctls"
_PARAMETER = re.compile(r"net\.(ipv4|ipv6|mpls)\.([a-z0-9_-]+)\.(?:IFNAME|ifname)\.([A-Za-z0-9_-]+)=(.*)")


@dataclass(frozen=True, slots=True)
class BridgeOptions:
    """`host_ip` is where ports are published that name no address. Of the IP versions in `addressless` the bridge has no address.

    Containers' addresses of the versions in `routed` are not translated: other hosts route to them, and reach published ports there.
    With those in `unprotected`, which are translated, other hosts that have a route reach every port.
    """

    bridge: str
    mtu: int
    is_default: bool = False
    icc: bool = True
    masquerade: bool = True
    host_ip: IPv4Address = IPv4Address(0)
    interface_prefix: str = "eth"
    announcing: Announcing = Announcing()
    direct: bool = False
    trusted: tuple[str, ...] = ()
    sources: tuple[IPv4Address | IPv6Address, ...] = ()
    addressless: frozenset[int] = frozenset()
    routed: frozenset[int] = frozenset()
    unprotected: frozenset[int] = frozenset()


def parse(network: NetworkSpec, settings: BridgeSettings) -> BridgeOptions:
    """Return a network's options. Raises InvalidArgument for a value that makes no sense; options it does not know are ignored."""
    options = network.options
    is_default = _boolean(options, _DEFAULT, default=False)
    return BridgeOptions(
        bridge=_bridge_name(options.get(_NAME) or (settings.bridge_name if is_default else f"br-{network.id[:12]}")),
        mtu=_mtu(network, settings.mtu),
        is_default=is_default,
        icc=_boolean(options, _ICC, default=True),
        masquerade=_boolean(options, _MASQUERADE, default=True),
        host_ip=_ipv4(options, _HOST_IP, settings.publish_default_ip),
        interface_prefix=_interface_prefix(options.get(_INTERFACE_PREFIX) or "eth"),
        announcing=announcing(options),
        direct=settings.allow_direct_routing,
        trusted=_trusted(options),
        sources=_sources(options),
        addressless=_addressless(network),
        routed=routed_versions(options),
        unprotected=versions_of_mode(options, "nat-unprotected"),
    )


def interface_parameters(options: Mapping[str, str], interface: str) -> dict[str, str]:
    """Return the kernel parameters an endpoint's options set for its interface, by path below /proc/sys/net. Raises InvalidArgument.

    They are written `net.ipv4.conf.IFNAME.log_martians=1`, several with commas between; the Docker CLI writes all in lower case.
    """
    parameters = {}
    for text in filter(None, options.get(_PARAMETERS, "").split(",")):
        match = _PARAMETER.fullmatch(text.strip())
        if match is None:
            raise InvalidArgument(f"invalid endpoint settings: unrecognised network interface sysctl '{text}'")
        family, kind, name, value = match.groups()
        parameters[f"{family}/{kind}/{interface}/{name}"] = value
    return parameters


def _addressless(network: NetworkSpec) -> frozenset[int]:
    for key in GATEWAY_MODES.values():
        _check_gateway_mode(network.options.get(key, ""), internal=network.internal)
    _boolean(network.options, INHIBIT_IPV4, default=False)
    return without_gateway(network.options)


def _check_gateway_mode(mode: str, *, internal: bool) -> None:
    if mode not in _MODES:
        raise InvalidArgument(f"unknown gateway mode {mode}")
    if mode == "isolated" and not internal:
        raise InvalidArgument("gateway mode 'isolated' can only be used for an internal network")


def _bridge_name(name: str) -> str:
    if len(name) > _NAME_LIMIT or not name.isascii() or any(character.isspace() or character in '/:"' for character in name):
        raise InvalidArgument(f"invalid bridge name: {name}")
    return name


def _boolean(options: Mapping[str, str], key: str, *, default: bool) -> bool:
    value = options.get(key, "")
    found = truth(value) if value else default
    if found is None:
        raise InvalidArgument(f'invalid value for {key}: strconv.ParseBool: parsing "{value}": invalid syntax')
    return found


def _mtu(network: NetworkSpec, default: int) -> int:
    mtu = parse_mtu(network.options) or default
    least = LEAST_IPV6_MTU if network.ipv6 else _LEAST_MTU
    if not least <= mtu <= _MOST_MTU:
        raise InvalidArgument(f"invalid value for {MTU_OPTION}: {mtu} is not between {least} and {_MOST_MTU}")
    return mtu


def _interface_prefix(prefix: str) -> str:
    if not _PREFIX_NAME.fullmatch(prefix):
        raise InvalidArgument(f"invalid value for {_INTERFACE_PREFIX}: {prefix}")
    return prefix


def _trusted(options: Mapping[str, str]) -> tuple[str, ...]:
    """Return interfaces of the host, which stand with colons between them."""
    names = tuple(filter(None, options.get(_TRUSTED, "").split(":")))
    for name in names:
        if not _INTERFACE_NAME.fullmatch(name):
            raise InvalidArgument(f"invalid value for {_TRUSTED}: {name}")
    return names


def _sources(options: Mapping[str, str]) -> tuple[IPv4Address | IPv6Address, ...]:
    found = []
    for version, key in _SOURCES.items():
        if text := options.get(key):
            try:
                address = ip_address(text)
            except ValueError:
                address = None
            if address is None or address.version != version or (isinstance(address, IPv6Address) and address.scope_id):
                raise InvalidArgument(f"invalid value for {key}: {text}")
            found.append(address)
    return tuple(found)


def _ipv4(options: Mapping[str, str], key: str, default: IPv4Address) -> IPv4Address:
    """Return an address; 0.0.0.0, which Docker's default network spells out, is no wish."""
    value = options.get(key) or "0.0.0.0"
    try:
        address = ip_address(value)
    except ValueError:
        address = None
    if not isinstance(address, IPv4Address):
        raise InvalidArgument(f"invalid value for {key}: {value}")
    return default if address.is_unspecified else address
