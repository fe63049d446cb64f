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


def port_number(text: str) -> int | None:
    """Return the port that a text is the number of, 0 included; None for a text that is none. Zeros may lead it, however many."""
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0") or "0"
    number = int(digits) if len(digits) <= len(str(HIGHEST_PORT)) else HIGHEST_PORT + 1
    return number if number <= HIGHEST_PORT else None


def is_port_number(text: str) -> bool:
    """Tell whether a text is the number of a port, as `port_number` reads it."""
    return port_number(text) is not None


def port_range(text: str) -> tuple[int, int]:
    """Split `8000-8010`, `8000` or nothing into first and last port; 0 for what is not there. Raises InvalidArgument."""
    if not text:
        return 0, 0
    start, dash, end = text.partition("-")
    first, last = port_number(start), port_number(end) if dash else 0
    if first is None or last is None or (dash and last < first):
        raise InvalidArgument(f'invalid port specification: "{text}"')
    return first, last


def _parse(name: str) -> Port | None:
    text, _, protocol = name.partition("/")
    number, protocol = port_number(text), protocol.lower() or "tcp"
    return Port(number, protocol) if number is not None and protocol in PROTOCOLS else None
