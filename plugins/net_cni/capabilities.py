"""What a runtime hands to plugins that can take it (CNI conventions, "Dynamic Plugin specific fields")."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Raw

from plugins.net_cni.conflists import Conflist
from sdk.drivers.network import EndpointSpec, PortBinding
from sdk.errors import InvalidArgument
from sdk.network.mac_addresses import mac_for

_PORTS, _ADDRESSES, _MAC = "portMappings", "ips", "mac"


def runtime_configuration(conflist: Conflist, spec: EndpointSpec, ports: Sequence[PortBinding]) -> Mapping[str, Raw]:
    """Return the capabilities' arguments. Raises InvalidArgument where something is wished for that no plugin of the list can do."""
    if spec.link_local:
        raise InvalidArgument(
            f'link-local addresses cannot be chosen on the CNI list "{conflist.name}": CNI has no capability for them'
        )
    arguments: dict[str, Raw] = {}
    if ports:
        _need(conflist, _PORTS, "ports cannot be published")
        arguments[_PORTS] = Raw(msgspec.json.encode([_mapping(port) for port in ports]))
    if spec.addresses:
        _need(conflist, _ADDRESSES, "addresses cannot be chosen")
        arguments[_ADDRESSES] = Raw(msgspec.json.encode([str(address) for address in spec.addresses]))
    if spec.mac_address:
        _need(conflist, _MAC, "MAC addresses cannot be chosen")
        arguments[_MAC] = Raw(msgspec.json.encode(spec.mac_address))
    elif spec.addresses and conflist.can(_MAC):
        # Neighbours remember for whose MAC address they last saw an address that a person chose.
        arguments[_MAC] = Raw(msgspec.json.encode(mac_for(spec.addresses)))
    return arguments


def _need(conflist: Conflist, capability: str, otherwise: str) -> None:
    if not conflist.can(capability):
        raise InvalidArgument(f'{otherwise}: no plugin of the CNI list "{conflist.name}" has the capability {capability}')


def _mapping(port: PortBinding) -> dict[str, str | int]:
    return {
        "hostPort": port.host_port,
        "containerPort": port.container_port,
        "protocol": port.protocol,
        "hostIP": port.host_ip,
    }
