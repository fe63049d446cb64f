"""Links that the driver itself looks after: bridges that no interface uses any more."""

from sdk.linux.links import link_names, open_iproute


def remove_idle_bridge(name: str) -> None:
    """Remove a bridge if it has no ports; idempotent."""
    if name not in link_names():
        return
    with open_iproute() as route:
        for link in route.get_links(ifname=name, kind="bridge"):
            if not list(route.get_links(master=link["index"])):
                route.link("del", index=link["index"])
