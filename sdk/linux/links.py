"""Network links of the namespace of the thread that calls."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyroute2 import IPRoute


def link_names() -> set[str]:
    """Return the names of all links."""
    return {name for _, name in socket.if_nameindex()}


@contextmanager
def kernel_errors() -> Iterator[None]:
    """Turn what pyroute2 raises when the kernel refuses a request into the OSError it stands for."""
    try:
        yield
    except Exception as error:
        from pyroute2 import NetlinkError  # noqa: PLC0415 - costs megabytes, and is there already when it was raised

        if not isinstance(error, NetlinkError):
            raise
        raise OSError(error.code, os.strerror(error.code)) from error


def open_iproute() -> "IPRoute":
    """Open pyroute2's rtnetlink socket; the caller closes it."""
    from pyroute2 import IPRoute  # noqa: PLC0415 - costs megabytes, and a daemon may never need it

    return IPRoute()
