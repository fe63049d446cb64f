"""Published ports: from what clients write to bindings for the network driver.

dockerd reads ports and addresses while it decodes the request, which is what its sentences begin with.
"""

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv6Address, ip_address

from sdk.drivers.network import PortBinding
from sdk.engine.config import ContainerConfig, HostConfig, HostPort
from sdk.errors import InvalidArgument

PROTOCOLS = ("tcp", "udp", "sctp")


def parse_port(text: str) -> tuple[int, str]:
    """Split `80/tcp` (or `80`) into number and protocol. Raises InvalidArgument with Docker's sentence."""
    if not text:
        raise InvalidArgument("invalid JSON: invalid port: value is empty")
    number, _, protocol = text.partition("/")
    protocol = protocol.lower() or "tcp"
    if wrong := _fault(number):
        raise InvalidArgument(f"invalid JSON: invalid port '{number}': {wrong}")
    if protocol not in PROTOCOLS:
        raise InvalidArgument(f'invalid port specification: "{text}"')
    return int(number), protocol


def check_exposed(config: ContainerConfig) -> None:
    """Raise InvalidArgument for a port a client wants exposed that is none."""
    for text in config.exposed_ports:
        parse_port(text)


def exposed(config: ContainerConfig) -> list[tuple[int, str]]:
    """Return the ports that a container exposes; what an image calls a port and is none is left out."""
    found = []
    for text in config.exposed_ports:
        with suppress(InvalidArgument):
            found.append(parse_port(text))
    return found


def bindings(config: ContainerConfig, host: HostConfig) -> tuple[PortBinding, ...]:
    """Return what has to be published, in a stable order. Raises InvalidArgument."""
    wanted = [binding for port, sides in host.port_bindings.items() for binding in _bind(port, sides)]
    if host.publish_all_ports:
        named = {(binding.container_port, binding.protocol) for binding in wanted}
        wanted += [PortBinding(number, protocol) for number, protocol in exposed(config) if (number, protocol) not in named]
    return tuple(sorted(wanted, key=lambda binding: (binding.container_port, binding.protocol, binding.host_port)))


def _bind(port: str, sides: tuple[HostPort, ...]) -> Iterator[PortBinding]:
    number, protocol = parse_port(port)
    if not number:  # no program can listen there
        raise InvalidArgument(f'invalid port specification: "{number}/{protocol}"')
    for side in sides or (HostPort(),):
        first, last = port_range(side.host_port)
        yield PortBinding(number, protocol, _host_address(side.host_ip), first, last)


def port_range(text: str) -> tuple[int, int]:
    """Split `8000-8010`, `8000` or nothing into first and last port; 0 for what is not there. Raises InvalidArgument."""
    if not text:
        return 0, 0
    first, dash, last = text.partition("-")
    numbers = (first, last) if dash else (first,)
    if any(map(_fault, numbers)) or (dash and int(last) < int(first)):
        raise InvalidArgument(f'invalid port specification: "{text}"')
    return int(first), int(last) if dash else 0


def _fault(text: str) -> str:
    """Say what is wrong with a port's number, "" if nothing is."""
    if not text:
        return "value is empty"
    if not (text.isascii() and text.isdigit()):
        return "invalid syntax"
    return "" if len(text.lstrip("0")) <= len("65535") and int(text) <= 65535 else "value out of range"


def _host_address(text: str) -> str:
    """Return the address of the host to publish on, "" if the client names none."""
    try:
        address = ip_address(text) if text else None
    except ValueError:
        address = None
    if text and (address is None or (isinstance(address, IPv6Address) and address.scope_id is not None)):
        raise InvalidArgument(f'invalid JSON: ParseAddr("{text}"): unable to parse IP')
    return text
