"""Published and exposed ports, as `docker ps` and `inspect` show them."""

from collections import defaultdict

from plugins.api_docker.models.containers import Port
from sdk.docker.bodies import HostPort
from sdk.drivers.network import PortBinding
from sdk.engine.containers import ContainerInfo
from sdk.oci import ports as exposed

_EVERY_ADDRESS = "0.0.0.0"


def port_key(binding: PortBinding) -> str:
    """Return `80/tcp`."""
    return str(exposed.Port(binding.container_port, binding.protocol))


def port_map(info: ContainerInfo) -> dict[str, list[HostPort] | None]:
    """Return inspect's `Ports`: host sides by port, None for a port that is exposed only."""
    published: dict[str, list[HostPort]] = defaultdict(list)
    for binding in info.ports:
        published[port_key(binding)].append(_host_port(binding))
    return {**dict.fromkeys(map(str, _exposed(info))), **published}


def port_list(info: ContainerInfo) -> list[Port]:
    """Return a list's `Ports`, in order of the container's ports."""
    published = [_listed(binding) for binding in info.ports]
    taken = {port_key(binding) for binding in info.ports}
    only_exposed = [Port(port.number, port.protocol) for port in _exposed(info) if str(port) not in taken]
    return sorted([*published, *only_exposed], key=lambda port: (port.private_port, port.type, port.public_port))


def _host_port(binding: PortBinding) -> HostPort:
    return HostPort(binding.host_ip or _EVERY_ADDRESS, str(binding.bound_port or ""))


def _listed(binding: PortBinding) -> Port:
    return Port(binding.container_port, binding.protocol, binding.host_ip or _EVERY_ADDRESS, binding.bound_port)


def _exposed(info: ContainerInfo) -> tuple[exposed.Port, ...]:
    """Return the exposed ports of a container that has a network of its own; Docker shows none for one that does not run."""
    return info.config.exposed_ports if info.sandbox_path else ()
