"""Links in the kernel, by pyroute2, in the network namespace of the thread that calls."""

import errno
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import IPv4Interface, IPv6Interface
from typing import TYPE_CHECKING

from plugins.net_macvlan.options import MADE, MacvlanOptions
from sdk.errors import Conflict, InvalidArgument, Unsupported
from sdk.linux.links import link_names, open_iproute
from sdk.network.ipv6 import disable_ipv6

if TYPE_CHECKING:
    from pyroute2 import IPRoute

Interface = IPv4Interface | IPv6Interface

_NO_DUPLICATE_DETECTION = 0x2


def make_parent(options: MacvlanOptions, alias: str, unfinished: str) -> None:
    """Make a parent be there and up; one that is made, a VLAN's link too, gets `alias` to be known again. Idempotent.

    The link is made under the name `unfinished`, which tells whose it is, and gets its own name and the alias in one request: should
    this process be killed, no link is left that is not known again.

    One that leads nowhere is a bridge without ports, as not every kernel has dummy links. Raises InvalidArgument, Unsupported.
    """
    with open_iproute() as route:
        if options.parent not in link_names():
            delete(unfinished)
            with _told(options.parent):
                route.link("add", ifname=unfinished, **_kind(options))
                _finish(route, unfinished, options.parent, alias)
        if options.made or options.vlan:
            route.link("set", index=socket.if_nametoindex(options.parent), state="up")


def remove_parent(name: str) -> None:
    """Remove a parent that was made; idempotent."""
    with suppress(OSError), open_iproute() as route:
        route.link("del", index=socket.if_nametoindex(name))


def made_parents(alias: str, unfinished: str) -> list[str]:
    """Return the parents that were made with this alias, and one that was not finished."""
    names = link_names()
    left = [unfinished] if unfinished in names else []
    if not any(name.startswith(MADE) or "." in name for name in names):
        return left
    with open_iproute() as route:
        return left + [link.get_attr("IFLA_IFNAME") for link in route.get_links() if link.get_attr("IFLA_IFALIAS") == alias]


def make_child(options: MacvlanOptions, namespace: int, interface: str, mac: str) -> None:
    """Make a container's link on a parent, in the namespace of a descriptor.

    Raises InvalidArgument (no such parent), Unsupported (kernel without macvlan), Conflict (passthru in use).
    """
    if options.parent not in link_names():
        raise InvalidArgument(f"the parent interface {options.parent} is not there")
    with open_iproute() as route, _told(options.parent):
        mtu = {"mtu": options.mtu} if options.mtu else {}
        route.link(
            "add",
            ifname=interface,
            kind="macvlan",
            macvlan_mode=options.mode,
            link=socket.if_nametoindex(options.parent),
            address=mac,
            net_ns_fd=namespace,
            **mtu,
        )


def configure(options: MacvlanOptions, interface: str, addresses: Sequence[Interface]) -> None:
    """Give a container's link its addresses and switch it on. Raises Conflict (MAC address in use)."""
    index = socket.if_nametoindex(interface)
    with open_iproute() as route, _told(options.parent):
        for address in addresses:
            flags = {"flags": _NO_DUPLICATE_DETECTION} if address.version == 6 else {}
            route.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen, **flags)
        if all(address.version == 4 for address in addresses):
            disable_ipv6(interface)  # routers of the parent's network announce themselves
        route.link("set", index=index, state="up")


def delete(interface: str) -> None:
    """Delete a link; idempotent."""
    if interface in link_names():
        with open_iproute() as route:
            route.link("del", index=socket.if_nametoindex(interface))


def _finish(route: "IPRoute", unfinished: str, name: str, alias: str) -> None:
    index = socket.if_nametoindex(unfinished)
    try:
        route.link("set", index=index, ifname=name, ifalias=alias)
    except BaseException:
        route.link("del", index=index)
        raise


def _kind(options: MacvlanOptions) -> dict[str, str | int]:
    if options.made:
        return {"kind": "bridge"}
    if options.vlan is None:
        raise InvalidArgument(f"invalid subinterface vlan name {options.parent}, example formatting is eth0.10")
    below, number = options.vlan
    if below not in link_names():
        raise InvalidArgument(f"failed to find the parent interface {below} of {options.parent}")
    return {"kind": "vlan", "link": socket.if_nametoindex(below), "vlan_id": number}


@contextmanager
def _told(parent: str) -> Iterator[None]:
    """Turn what the kernel says into a sentence."""
    from pyroute2 import NetlinkError  # noqa: PLC0415 - costs megabytes that only macvlan networks need

    try:
        yield
    except NetlinkError as error:
        if error.code == errno.EOPNOTSUPP:
            raise Unsupported(
                f"this kernel has no links of the kind that {parent} or its containers need (macvlan, 802.1q)"
            ) from error
        if error.code == errno.EADDRINUSE:
            raise Conflict(f"the MAC address is in use on {parent}") from error
        if error.code in (errno.EBUSY, errno.EINVAL):
            raise Conflict(f"{parent} cannot take another macvlan interface of this mode: {error}") from error
        raise
