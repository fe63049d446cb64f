"""Network links of the namespace of the thread that calls."""

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyroute2 import IPRoute


def link_names() -> set[str]:
    """Return the names of all links."""
    return {name for _, name in socket.if_nameindex()}


def open_iproute() -> "IPRoute":
    """Open pyroute2's rtnetlink socket; the caller closes it."""
    from pyroute2 import IPRoute  # noqa: PLC0415 - costs megabytes, and a daemon may never need it

    return IPRoute()
