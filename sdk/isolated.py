"""The process of an isolated driver: `python -I -m sdk.isolated NAME`, begun by the daemon with a connection to it as standard input.

NAME is for `ps`; everything else comes over the connection. What is here and in `sdk.isolation` is trusted: it runs before the plugin.
"""

import faulthandler
import os
import socket

import uvloop

from sdk.isolation.opening import begin_logging, opened
from sdk.isolation.parent import end_with_parent, maker_of
from sdk.isolation.privileges import keep_only
from sdk.isolation.serving import Served


def _connection() -> socket.socket:
    """Take the connection from standard input, which programs that the plugin begins must not have."""
    connection = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return connection


async def _serve(connection: socket.socket, daemon: int) -> None:
    served = Served()
    await served.channel.open(connection)
    request = await served.asked()
    keep_only(request.capabilities)
    end_with_parent(daemon)  # what a change of credentials may have undone
    begin_logging(request, served.tell)
    await served.serve(request, opened(request, served.tell))


def main() -> None:
    """Serve one driver until the daemon is gone."""
    faulthandler.enable()
    connection = _connection()
    daemon = maker_of(connection)
    end_with_parent(daemon)
    uvloop.run(_serve(connection, daemon))


if __name__ == "__main__":
    main()
