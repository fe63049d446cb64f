"""Ports: `80/tcp` inside of a container, `[address:]8000-8010` outside.

dockerd reads ports and addresses while it decodes the request, which is what its sentences begin with.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv6Address, ip_address

from sdk.docker.bodies import HostPort
from sdk.drivers.network import PortBinding
from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_uint16
from sdk.oci.ports import PROTOCOLS, Port, port_range

_ANYWHERE = (HostPort(),)


def parse_port(text: str) -> Port:
    """Read `80/tcp`, or `80`. Raises InvalidArgument."""
    if not text:
        raise InvalidArgument("invalid JSON: invalid port: value is empty")
    digits, _, protocol = text.partition("/")
    protocol = protocol.lower() or "tcp"
    try:
        number = parse_uint16(digits)
    except BadNumber as error:
        raise InvalidArgument(f"invalid JSON: invalid port '{digits}': {error if digits else 'value is empty'}") from None
    if protocol not in PROTOCOLS:
        raise InvalidArgument(f'invalid port specification: "{text}"')
    return Port(number, protocol)


def parse_exposed(names: Iterable[str]) -> tuple[Port, ...]:
    """Read the names of `ExposedPorts`. Raises InvalidArgument."""
    return tuple(dict.fromkeys(map(parse_port, names)))


def parse_bindings(bindings: Mapping[str, tuple[HostPort, ...]]) -> tuple[PortBinding, ...]:
    """Read `PortBindings`; an empty list asks for any port of the host. Raises InvalidArgument."""
    return tuple(binding for text, sides in bindings.items() for binding in _bind(text, sides or _ANYWHERE))


def shown_bindings(bindings: Iterable[PortBinding]) -> dict[str, tuple[HostPort, ...]]:
    """Return bindings as `PortBindings` shows them."""
    shown: dict[str, tuple[HostPort, ...]] = {}
    for binding in bindings:
        port = str(Port(binding.container_port, binding.protocol))
        shown[port] = (*shown.get(port, ()), HostPort(binding.host_ip, _shown_range(binding)))
    return shown


def _bind(text: str, sides: tuple[HostPort, ...]) -> Iterator[PortBinding]:
    port = parse_port(text)
    if not port.number:  # no program can listen there
        raise InvalidArgument(f'invalid port specification: "{port}"')
    for side in sides:
        first, last = port_range(side.host_port)
        yield PortBinding(port.number, port.protocol, _host_address(side.host_ip), first, last)


def _shown_range(binding: PortBinding) -> str:
    if binding.host_port_end:
        return f"{binding.host_port}-{binding.host_port_end}"
    return str(binding.host_port) if binding.host_port else ""


def _host_address(text: str) -> str:
    """Return the address of the host to publish on, "" if the client names none."""
    try:
        address = ip_address(text) if text else None
    except ValueError:
        address = None
    if text and (address is None or (isinstance(address, IPv6Address) and address.scope_id is not None)):
        raise InvalidArgument(f'invalid JSON: ParseAddr("{text}"): unable to parse IP')
    return text
