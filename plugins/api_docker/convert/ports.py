"""Published and exposed ports."""

from collections import defaultdict
from collections.abc import Iterator

from plugins.api_docker.models.containers import HostPort, Port
from sdk.drivers.network import PortBinding
from sdk.engine.containers import ContainerInfo

_LONGEST = len("65535")

_EVERY_ADDRESS = "0.0.0.0"


def port_key(binding: PortBinding) -> str:
    """Return `80/tcp`."""
    return f"{binding.container_port}/{binding.protocol}"


def port_map(info: ContainerInfo) -> dict[str, list[HostPort] | None]:
    """Return inspect's `Ports`: host sides by port, None for a port that is exposed only."""
    published: dict[str, list[HostPort]] = defaultdict(list)
    for binding in info.ports:
        published[port_key(binding)].append(_host_port(binding))
    return {**dict.fromkeys(_exposed(info)), **published}


def port_list(info: ContainerInfo) -> list[Port]:
    """Return a list's `Ports`, in order of the container's ports."""
    published = [_listed(binding) for binding in info.ports]
    taken = {port_key(binding) for binding in info.ports}
    exposed = [Port(int(number), protocol) for number, protocol in _numbers(info) if f"{number}/{protocol}" not in taken]
    return sorted([*published, *exposed], key=lambda port: (port.private_port, port.type, port.public_port))


def _host_port(binding: PortBinding) -> HostPort:
    return HostPort(binding.host_ip or _EVERY_ADDRESS, "" if binding.routed else str(binding.host_port))


def _listed(binding: PortBinding) -> Port:
    number = 0 if binding.routed else binding.host_port
    return Port(binding.container_port, binding.protocol, binding.host_ip or _EVERY_ADDRESS, number)


def _exposed(info: ContainerInfo) -> Iterator[str]:
    return (f"{number}/{protocol}" for number, protocol in _numbers(info))


def _numbers(info: ContainerInfo) -> Iterator[tuple[str, str]]:
    """Yield the exposed ports of a container that has a network of its own; Docker shows none for one that does not run."""
    if not info.sandbox_path:
        return
    for exposed in info.config.exposed_ports:
        number, _, protocol = exposed.partition("/")
        if number.isdecimal() and len(number) <= _LONGEST:
            yield number, protocol or "tcp"
