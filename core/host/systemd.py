"""Tell the service manager how the daemon does (sd_notify(3))."""

import logging
import os
import socket

_log = logging.getLogger(__name__)


def notify(state: str) -> None:
    """Send a state such as `READY=1` to the service manager that set NOTIFY_SOCKET; nothing without one.

    A manager that does not listen is logged.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.sendto(state.encode(), address)
        except OSError as error:
            _log.warning("the service manager was not told %s: %s", state, error)
