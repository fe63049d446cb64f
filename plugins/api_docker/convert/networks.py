"""Networks, and containers' places on them."""

from collections.abc import Sequence

from plugins.api_docker.convert.times import rfc3339_nano
from plugins.api_docker.models.containers import EndpointSettings
from plugins.api_docker.models.networks import (
    IPAM,
    AddressPool,
    Network,
    NetworkContainer,
    NetworkCreateBody,
    PacketPath,
    RuleMet,
)
from sdk.drivers.network import PortPath
from sdk.engine.containers import NetworkAttachment
from sdk.engine.networks import NetworkCreate, NetworkInfo, NetworkMember, SubnetConfig


def endpoint_settings(attachment: NetworkAttachment) -> EndpointSettings:
    """Return one entry of `NetworkSettings.Networks`."""
    config = attachment.config
    return EndpointSettings(
        ipam_config=config.ipam_config,
        links=config.links or None,
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


def network(info: NetworkInfo, *, members: bool = True) -> Network:
    """Return a network; a list shows no members."""
    config = info.config
    return Network(
        name=config.name,
        id=info.id,
        created=rfc3339_nano(info.created_ns),
        scope=info.scope,
        driver=config.driver,
        enable_ipv4=config.ipv4,
        enable_ipv6=config.ipv6,
        ipam=IPAM(config.ipam_driver, _ipam_options(config), [_pool(subnet) for subnet in config.subnets]),
        internal=config.internal,
        attachable=config.attachable,
        ingress=config.ingress,
        containers=_members(info.members) if members else {},
        options=dict(config.options),
        labels=dict(config.labels),
    )


def network_create(body: NetworkCreateBody) -> NetworkCreate:
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
        ipv4=body.enable_ipv4,
        ipv6=body.enable_ipv6,
    )


def packet_path(path: PortPath) -> PacketPath:
    """Return the way of a packet to a published port."""
    port = path.binding
    rules = [RuleMet(hop.chain, hop.rule, hop.effect) for hop in path.hops]
    return PacketPath(port.host_ip, port.host_port, port.container_port, port.protocol, path.origin, rules, path.result)


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
