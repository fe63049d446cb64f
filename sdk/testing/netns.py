"""A network namespace for tests: nothing in it reaches the host's network, and any port is free."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sdk.linux.namespaces import CLONE_NEWNET, loopback_up, open_network_namespace, setns, unshare


@contextmanager
def private_network() -> Iterator[None]:
    """Move the calling thread, and what it starts, into an empty network with a working loopback until the block ends. Needs root."""
    home = open_network_namespace()
    try:
        unshare(CLONE_NEWNET)
        loopback_up()
        yield
    finally:
        setns(home, CLONE_NEWNET)
        os.close(home)
