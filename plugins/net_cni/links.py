"""Links that the driver itself looks after: bridges that nobody uses any more."""

import socket


def names() -> set[str]:
    """Return the names of all links."""
    return {name for _, name in socket.if_nameindex()}


def remove_idle_bridge(name: str) -> None:
    """Remove a bridge if it has no ports; idempotent."""
    if name not in names():
        return
    from pyroute2 import IPRoute  # noqa: PLC0415 - rarely needed, and costs megabytes

    with IPRoute() as route:
        for link in route.get_links(ifname=name, kind="bridge"):
            if not list(route.get_links(master=link["index"])):
                route.link("del", index=link["index"])
