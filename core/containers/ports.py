"""Published ports: what has to be published of what was asked for. Their syntax is read in `sdk.docker.ports`."""

from ipaddress import ip_address

from sdk.drivers.network import PortBinding
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.errors import InvalidArgument
from sdk.oci.ports import HIGHEST_PORT, PROTOCOLS, Port


def check_bindings(host: HostConfig) -> None:
    """Raise InvalidArgument for a binding that no driver can make."""
    for binding in host.port_bindings:
        last = binding.host_port_end or binding.host_port
        if not 0 < binding.container_port <= HIGHEST_PORT or binding.protocol not in PROTOCOLS:
            raise InvalidArgument(f'invalid port specification: "{Port(binding.container_port, binding.protocol)}"')
        if not 0 <= binding.host_port <= last <= HIGHEST_PORT:
            raise InvalidArgument(f'invalid port specification: "{binding.host_port}-{last}"')
        _check_address(binding.host_ip)


def bindings(config: ContainerConfig, host: HostConfig) -> tuple[PortBinding, ...]:
    """Return what has to be published, in a stable order."""
    wanted = list(host.port_bindings)
    if host.publish_all_ports:
        named = {(binding.container_port, binding.protocol) for binding in wanted}
        wanted += [PortBinding(port.number, port.protocol) for port in config.exposed_ports if port not in named]
    return tuple(sorted(wanted, key=lambda binding: (binding.container_port, binding.protocol, binding.host_port)))


def _check_address(text: str) -> None:
    try:
        if text:
            ip_address(text)
    except ValueError:
        raise InvalidArgument(f"invalid address of the host: {text}") from None
