"""Networks, and containers' places on them."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from plugins.api_docker.convert.times import rfc3339_nano
from plugins.api_docker.models.containers import EndpointSettings
from plugins.api_docker.models.networks import (
    IPAM,
    AddressPool,
    ConfigReference,
    IPAMStatus,
    Network,
    NetworkContainer,
    NetworkCreateBody,
    NetworkStatus,
    PacketPath,
    RuleMet,
    SubnetStatus,
)
from plugins.api_docker.versions import ApiVersion
from sdk.docker import endpoints as endpoints_syntax
from sdk.drivers.network import PortPath
from sdk.engine.containers import ContainerInfo, NetworkAttachment
from sdk.engine.networks import NetworkCreate, NetworkInfo, NetworkMember, SubnetConfig

HAS_DNS_NAMES, HAS_IPV4_SWITCH, HAS_STATUS = (1, 45), (1, 48), (1, 52)
_MOST = 2**64 - 1
_PREDEFINED = frozenset(("bridge", "default", "host", "none"))


def endpoint_settings(attachment: NetworkAttachment) -> EndpointSettings:
    """Return one entry of `NetworkSettings.Networks`."""
    config = attachment.config
    return EndpointSettings(
        ipam_config=endpoints_syntax.shown_ipam(config.ipam_config),
        links=endpoints_syntax.shown_links(config) or None,
        aliases=config.aliases or None,
        mac_address=attachment.mac_address or config.mac_address,
        driver_opts=config.driver_opts or None,
        gw_priority=config.gw_priority,
        network_id=attachment.network_id,
        endpoint_id=attachment.endpoint_id,
        gateway=attachment.ipv4_gateway,
        ip_address=attachment.ipv4_address,
        ip_prefix_len=attachment.ipv4_prefix,
        ipv6_gateway=attachment.ipv6_gateway,
        global_ipv6_address=attachment.ipv6_address,
        global_ipv6_prefix_len=attachment.ipv6_prefix,
        dns_names=attachment.dns_names or None,
    )


def endpoints(info: ContainerInfo, version: ApiVersion) -> dict[str, EndpointSettings]:
    """Return `NetworkSettings.Networks`. Up to API 1.44 short ID and hostname are among the aliases on user-defined networks."""
    shown = {name: endpoint_settings(place) for name, place in info.networks.items()}
    if version < HAS_DNS_NAMES:
        for name, place in info.networks.items():
            if name not in _PREDEFINED:
                shown[name].aliases = tuple(dict.fromkeys((*place.config.aliases, info.id[:12], info.config.hostname)))
    return shown


def network_summary(info: NetworkInfo, version: ApiVersion) -> Network:
    """Return a network in a list, which shows no members: an empty object of them up to API 1.51, none later."""
    return _network(info, UNSET if version >= HAS_STATUS else {})


def network(info: NetworkInfo, version: ApiVersion) -> Network:
    """Return a network with its members and, from API 1.52 on, how many of its addresses are in use."""
    shown = _network(info, _members(info.members))
    if version >= HAS_STATUS:
        subnets = {usage.subnet: SubnetStatus(min(usage.in_use, _MOST), min(usage.available, _MOST)) for usage in info.usage}
        shown.status = NetworkStatus(IPAMStatus(subnets))
    return shown


def _network(info: NetworkInfo, members: dict[str, NetworkContainer] | UnsetType) -> Network:
    config = info.config
    return Network(
        name=config.name,
        id=info.id,
        created=rfc3339_nano(info.created_ns),
        scope=info.scope,
        driver=config.driver,
        enable_ipv4=bool(config.ipv4),
        enable_ipv6=bool(config.ipv6),
        ipam=IPAM(config.ipam_driver, _ipam_options(config), [_pool(subnet) for subnet in config.subnets]),
        internal=config.internal,
        attachable=config.attachable,
        ingress=config.ingress,
        containers=members,
        options=dict(config.options),
        labels=dict(config.labels),
        config_from=ConfigReference(config.config_from),
        config_only=config.config_only,
    )


def network_create(body: NetworkCreateBody, version: ApiVersion) -> NetworkCreate:
    """Return what the engine is asked to make."""
    return NetworkCreate(
        name=body.name,
        driver=body.driver,
        subnets=tuple(SubnetConfig(p.subnet, p.gateway, p.ip_range, p.auxiliary_addresses) for p in body.ipam.config),
        ipam_driver=body.ipam.driver or "default",
        ipam_options=body.ipam.options,
        options=body.options,
        labels=body.labels,
        internal=body.internal,
        attachable=body.attachable,
        ingress=body.ingress,
        ipv4=body.enable_ipv4 if version >= HAS_IPV4_SWITCH else None,
        ipv6=body.enable_ipv6,
        config_only=body.config_only,
        config_from=body.config_from.network,
        scope=body.scope,
    )


def packet_path(path: PortPath) -> PacketPath:
    """Return the way of a packet to a published port."""
    port = path.binding
    rules = [RuleMet(hop.chain, hop.rule, hop.effect) for hop in path.hops]
    return PacketPath(port.host_ip, port.bound_port, port.container_port, port.protocol, path.origin, rules, path.result)


def _ipam_options(config: NetworkCreate) -> dict[str, str] | None:
    """Return the options as they were given: clients compare `{}` with what they asked for."""
    return None if config.ipam_options is None else dict(config.ipam_options)


def _pool(subnet: SubnetConfig) -> AddressPool:
    return AddressPool(subnet.subnet, subnet.ip_range, subnet.gateway, dict(subnet.aux_addresses))


def _members(members: Sequence[NetworkMember]) -> dict[str, NetworkContainer]:
    return {
        member.container_id: NetworkContainer(
            member.name, member.endpoint_id, member.mac_address, member.ipv4_address, member.ipv6_address
        )
        for member in members
    }
