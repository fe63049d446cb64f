"""Published ports: from what clients write to bindings for the network driver."""

from collections.abc import Iterator

from sdk.drivers.network import PortBinding
from sdk.engine.config import ContainerConfig, HostConfig, HostPort
from sdk.errors import InvalidArgument

PROTOCOLS = ("tcp", "udp", "sctp")


def parse_port(text: str) -> tuple[int, str]:
    """Split `80/tcp` (or `80`) into number and protocol. Raises InvalidArgument with Docker's sentence."""
    number, _, protocol = text.partition("/")
    protocol = protocol.lower() or "tcp"
    if protocol not in PROTOCOLS:
        raise InvalidArgument(f"invalid port specification: {text!r}")
    return _port(number, text), protocol


def bindings(config: ContainerConfig, host: HostConfig) -> tuple[PortBinding, ...]:
    """Return what has to be published, in a stable order. Raises InvalidArgument."""
    wanted = [binding for port, sides in host.port_bindings.items() for binding in _bind(port, sides)]
    if host.publish_all_ports:
        named = {(binding.container_port, binding.protocol) for binding in wanted}
        exposed = (parse_port(port) for port in config.exposed_ports)
        wanted += [PortBinding(number, protocol) for number, protocol in exposed if (number, protocol) not in named]
    return tuple(sorted(wanted, key=lambda binding: (binding.container_port, binding.protocol, binding.host_port)))


def _bind(port: str, sides: tuple[HostPort, ...]) -> Iterator[PortBinding]:
    number, protocol = parse_port(port)
    if not number:  # nobody listens there
        raise InvalidArgument(f"invalid port specification: {port!r}")
    for side in sides or (HostPort(),):
        first, _, last = side.host_port.partition("-")
        yield PortBinding(
            container_port=number,
            protocol=protocol,
            host_ip=side.host_ip,
            host_port=_port(first, side.host_port) if first else 0,
            host_port_end=_port(last, side.host_port) if last else 0,
        )


def _port(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 <= int(text) <= 65535):
        raise InvalidArgument(f"invalid port specification: {whole!r}")
    return int(text)
