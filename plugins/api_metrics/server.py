"""The socket of an address of our own beside the daemon's listeners: plain HTTP, as dockerd's."""

import os
import socket

from sdk.errors import InvalidArgument
from sdk.serving import parse_address

_BACKLOG = 64


def open_socket(address: str) -> socket.socket:
    """Bind HOST:PORT; without a host every address of the machine, as dockerd does. Raises InvalidArgument if it is none, or is taken."""
    try:
        host, port = parse_address(address)
    except ValueError as error:
        raise InvalidArgument(f"failed to start metrics server: {error}") from None
    try:
        return _bound(host, port)
    except OSError as error:
        number = error.errno or 0
        reason = (os.strerror(number) if number > 0 else str(error.strerror)).lower()  # below 0: of a name that is not found
        raise InvalidArgument(f"failed to start metrics server: listen tcp {address}: {reason}") from error


def _bound(host: str, port: int) -> socket.socket:
    if not host and socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)
