"""The socket of an address of our own beside the daemon's listeners."""

import ipaddress
import socket

from plugins.api_registry.settings import RegistrySettings
from sdk.errors import InvalidArgument
from sdk.serving import parse_address


def open_socket(settings: RegistrySettings) -> socket.socket:
    """Bind the address; without a host it is one of loopback. Raises InvalidArgument if it is none, is taken, or is open to the network without
    users."""
    host, port = _parsed(settings.address)
    if not (settings.users or settings.allow_open or settings.read_only or _is_loopback(host)):
        raise InvalidArgument(f"refusing to serve a registry on {settings.address} without users; set allow_open to allow it")
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024)
    except OSError as error:
        raise InvalidArgument(f"cannot listen on {settings.address}: {error.strerror}") from error


def _parsed(address: str) -> tuple[str, int]:
    """Return host and port; a port alone will do."""
    try:
        host, port = parse_address(address if ":" in address else f":{address}")
    except ValueError:
        raise InvalidArgument(f"invalid address {address!r}: use HOST:PORT") from None
    return host or "127.0.0.1", port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
