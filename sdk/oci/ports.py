"""Ports as an image's configuration names them: `80/tcp`, or `80` for TCP (image-spec: config.md "ExposedPorts")."""

from collections.abc import Iterable
from typing import NamedTuple

from sdk.errors import InvalidArgument

PROTOCOLS = ("tcp", "udp", "sctp")
HIGHEST_PORT = 65535


class Port(NamedTuple):
    """A port of a container. `number` is 0 to 65535, `protocol` one of `PROTOCOLS`."""

    number: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


def parse_ports(names: Iterable[str]) -> tuple[Port, ...]:
    """Return the ports that an image exposes; what it calls a port and is none is left out."""
    return tuple(dict.fromkeys(port for name in names if (port := _parse(name)) is not None))


def named_ports(ports: Iterable[Port]) -> dict[str, dict[str, str]]:
    """Return ports as an image's configuration names them."""
    return {str(port): {} for port in ports}


def is_port_number(text: str) -> bool:
    """Tell whether a text is the number of a port, 0 included."""
    digits = text.lstrip("0") or "0"
    return text.isascii() and text.isdigit() and len(digits) <= len(str(HIGHEST_PORT)) and int(digits) <= HIGHEST_PORT


def port_range(text: str) -> tuple[int, int]:
    """Split `8000-8010`, `8000` or nothing into first and last port; 0 for what is not there. Raises InvalidArgument."""
    if not text:
        return 0, 0
    first, dash, last = text.partition("-")
    numbers = (first, last) if dash else (first,)
    if not all(map(is_port_number, numbers)) or (dash and int(last) < int(first)):
        raise InvalidArgument(f'invalid port specification: "{text}"')
    return int(first), int(last) if dash else 0


def _parse(name: str) -> Port | None:
    number, _, protocol = name.partition("/")
    protocol = protocol.lower() or "tcp"
    return Port(int(number), protocol) if is_port_number(number) and protocol in PROTOCOLS else None
