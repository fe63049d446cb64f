"""rtnetlink messages, encoded by pyroute2's message classes. Every function returns bytes ready to be sent, several in one batch.

Encoding takes pyroute2 30-110 us a message. The batch that configures a pooled interface lies on the path of every container's start:
it is encoded once with marker addresses, and only those bytes are replaced (6 us instead of 120 us).
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from socket import AF_INET, AF_INET6

from plugins.net_bridge.kernel.message_classes import ifaddrmsg, ifinfmsg, rtmsg

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface
Attributes = Sequence[tuple[str, object]]

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE = 24, 25

_REQUEST, _ACK = 0x1, 0x4
_REPLACE, _EXCLUSIVE, _CREATE, _DUMP = 0x100, 0x200, 0x400, 0x300
_SET = _REQUEST | _ACK
_NEW = _SET | _CREATE | _EXCLUSIVE
_UP = 1
_NO_DUPLICATE_DETECTION = 0x2
_MAIN_TABLE, _LOCAL_TABLE, _PROTOCOL_BOOT, _SCOPE_UNIVERSE, _UNICAST, _LOCAL = 254, 255, 3, 0, 1, 2

_WITHOUT_LINK_LOCAL = ("IFLA_AF_SPEC", {"attrs": [("AF_INET6", {"attrs": [("IFLA_INET6_ADDR_GEN_MODE", 1)]})]})

_LISTENING = 1
"""A port's state without spanning tree in which it neither forwards nor learns (IEEE 802.1D-1998, 8.4.2)."""

LEAST_IPV6_MTU = 1280
"""Bytes of a frame that IPv6 needs (RFC 8200, section 5): the kernel has none on a link with fewer."""

_FALLBACK_METRIC = 1024
"""Metric of a route that counts only when there is no other."""


def bridge(name: str, mtu: int, address: str) -> bytes:
    """Make a bridge whose ports forward at once. A MAC address of its own keeps it from taking, and changing, those of its ports."""
    kind = [("IFLA_INFO_KIND", "bridge"), ("IFLA_INFO_DATA", {"attrs": [("IFLA_BR_FORWARD_DELAY", 0)]})]
    return _link(_NEW, [("IFLA_IFNAME", name), ("IFLA_ADDRESS", address), ("IFLA_MTU", mtu), ("IFLA_LINKINFO", {"attrs": kind})])


def alias(name: str, text: str) -> bytes:
    """Write a link's alias, by which its maker knows it again. The kernel does not take one in the message that makes a link."""
    return _link(_SET, [("IFLA_IFNAME", name), ("IFLA_IFALIAS", text)])


def up(index: int, *, link_local: bool = True) -> bytes:
    """Switch a link on; without `link_local` it does not give itself an IPv6 address."""
    return _link(_SET, [] if link_local else [_WITHOUT_LINK_LOCAL], index=index, flags=_UP, change=_UP)


def mac(index: int, address: str) -> bytes:
    """Change a link's MAC address."""
    return _link(_SET, [("IFLA_ADDRESS", address)], index=index)


def delete_link(index: int) -> bytes:
    """Delete a link. The kernel waits for a grace period: 10 to 40 ms under its one lock."""
    return _link(_SET, [], kind=RTM_DELLINK, index=index)


@lru_cache(maxsize=64)
def get_link(name: str) -> bytes:
    """Ask for one link by name."""
    return _encode(ifinfmsg(), RTM_GETLINK, _REQUEST, {}, [("IFLA_IFNAME", name)])


def list_links() -> bytes:
    """Ask for all links."""
    return _encode(ifinfmsg(), RTM_GETLINK, _REQUEST | _DUMP, {}, [])


def list_addresses() -> bytes:
    """Ask for all addresses."""
    return _encode(ifaddrmsg(), RTM_GETADDR, _REQUEST | _DUMP, {}, [])


def veth(name: str, peer: str, peer_namespace: int, master: int, mtu: int) -> bytes:
    """Make a veth pair: `name` here, on the bridge `master` and up, its peer in the namespace of a descriptor."""
    peer_link = {"attrs": [("IFLA_IFNAME", peer), ("IFLA_NET_NS_FD", peer_namespace), ("IFLA_MTU", mtu)]}
    kind = [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_DATA", {"attrs": [("VETH_INFO_PEER", peer_link)]})]
    attributes = [("IFLA_IFNAME", name), ("IFLA_MASTER", master), ("IFLA_MTU", mtu), ("IFLA_LINKINFO", {"attrs": kind})]
    return _link(_NEW, attributes, flags=_UP, change=_UP)


def bridge_port(name: str, *, isolated: bool, ipv6: bool = True) -> bytes:
    """Let a bridge's port send frames back where they came from, never with `isolated` to other isolated ports, and have no address.

    Where br_netfilter is loaded, a container reaches a port it published itself by a frame that turns round on the bridge. Without `ipv6`
    the link has no IPv6 at all, as one whose frames are too short for it (RFC 8200, section 5).
    """
    own = [_WITHOUT_LINK_LOCAL] if ipv6 else []
    flags = [("IFLA_BRPORT_MODE", 1), ("IFLA_BRPORT_ISOLATED", int(isolated))]
    port = [("IFLA_INFO_SLAVE_KIND", "bridge"), ("IFLA_INFO_SLAVE_DATA", {"attrs": flags})]
    return _link(_SET, [("IFLA_IFNAME", name), ("IFLA_LINKINFO", {"attrs": port}), *own])


def cut_off(name: str) -> bytes:
    """Have a bridge's port pass no more frames, and forget which addresses are behind it. Nothing waits for a grace period, as a deletion does.

    The state is `listening`, since the kernel switches a disabled port of a link that is up on again. It may lie on the path of a
    container's start, so it is encoded once.
    """
    mark = "?" * len(name)
    return _cut_off_template(mark).replace(mark.encode(), name.encode())


@lru_cache(maxsize=16)
def _cut_off_template(mark: str) -> bytes:
    flags: list[tuple[str, object]] = [("IFLA_BRPORT_STATE", _LISTENING), ("IFLA_BRPORT_FLUSH", None)]
    port = [("IFLA_INFO_SLAVE_KIND", "bridge"), ("IFLA_INFO_SLAVE_DATA", {"attrs": flags})]
    return _link(_SET, [("IFLA_IFNAME", mark), ("IFLA_LINKINFO", {"attrs": port})])


def container_end(name: str, *, link_local: bool) -> bytes:
    """Switch a container's interface on, before it has addresses; without `link_local` it does not give itself an IPv6 one."""
    own = [] if link_local else [_WITHOUT_LINK_LOCAL]
    return _link(_SET, [("IFLA_IFNAME", name), *own], flags=_UP, change=_UP)


def add_address(index: int, interface: Interface) -> bytes:
    """Add an address with its prefix; it is usable at once, also an IPv6 one."""
    address = str(interface.ip)
    fields = {"index": index, "family": _family(interface.ip), "prefixlen": interface.network.prefixlen}
    attributes: list[tuple[str, object]] = [("IFA_ADDRESS", address), ("IFA_LOCAL", address)]
    if isinstance(interface, IPv6Interface):
        attributes = [("IFA_ADDRESS", address), ("IFA_FLAGS", _NO_DUPLICATE_DETECTION)]
    return _encode(ifaddrmsg(), RTM_NEWADDR, _NEW, fields, attributes)


def delete_address(index: int, interface: Interface) -> bytes:
    """Remove an address."""
    fields = {"index": index, "family": _family(interface.ip), "prefixlen": interface.network.prefixlen}
    return _encode(ifaddrmsg(), RTM_DELADDR, _SET, fields, [("IFA_ADDRESS", str(interface.ip)), ("IFA_LOCAL", str(interface.ip))])


def default_route(index: int, gateway: Address, *, delete: bool = False) -> bytes:
    """Add a default route by a link, or delete it."""
    fields = {
        "family": _family(gateway),
        "table": _MAIN_TABLE,
        "proto": _PROTOCOL_BOOT,
        "scope": _SCOPE_UNIVERSE,
        "type": _UNICAST,
        "dst_len": 0,
    }
    attributes: list[tuple[str, object]] = [("RTA_GATEWAY", str(gateway)), ("RTA_OIF", index)]
    kind, flags = (RTM_DELROUTE, _SET) if delete else (RTM_NEWROUTE, _NEW)
    return _encode(rtmsg(), kind, flags, fields, attributes)


def loopback_route(index: int) -> bytes:
    """Let answers to `::1` come in by a link; idempotent. The kernel looks `::1` up among the routes of the link a packet came by.

    Its metric is the link's own and keeps the loopback's route first. Packets that another host sends to `::1` by the link are dropped
    before, unlike those that connection tracking turns into answers (RFC 4291 2.5.3).
    """
    fields = {
        "family": AF_INET6,
        "table": _LOCAL_TABLE,
        "proto": _PROTOCOL_BOOT,
        "scope": _SCOPE_UNIVERSE,
        "type": _LOCAL,
        "dst_len": 128,
    }
    attributes = [("RTA_DST", "::1"), ("RTA_OIF", index), ("RTA_PRIORITY", _FALLBACK_METRIC + index)]
    return _encode(rtmsg(), RTM_NEWROUTE, _SET | _CREATE | _REPLACE, fields, attributes)


def configure(index: int, address: str, interfaces: Sequence[Interface], gateways: Sequence[Address]) -> list[bytes]:
    """Give a link its MAC and IP addresses, switch it on and route through it to all else by these gateways."""
    if len(interfaces) == 1 and len(gateways) <= 1 and interfaces[0].version == 4:
        return [_configure_from_template(index, address, interfaces[0], gateways)]
    messages = [mac(index, address), up(index)]
    messages += [add_address(index, interface) for interface in interfaces]
    return messages + [default_route(index, gateway) for gateway in gateways]


_MARKED_MAC = "02:42:fe:dc:ba:98"
_MARKED_ADDRESS, _MARKED_GATEWAY = IPv4Address("250.251.252.253"), IPv4Address("249.248.247.246")


def _configure_from_template(index: int, address: str, interface: Interface, gateways: Sequence[Address]) -> bytes:
    batch = _template(index, interface.network.prefixlen, len(gateways))
    batch = batch.replace(_mac_bytes(_MARKED_MAC), _mac_bytes(address)).replace(_MARKED_ADDRESS.packed, interface.ip.packed)
    return batch.replace(_MARKED_GATEWAY.packed, gateways[0].packed) if gateways else batch


@lru_cache(maxsize=64)
def _template(index: int, prefix: int, gateways: int) -> bytes:
    link = _link(_SET, [("IFLA_ADDRESS", _MARKED_MAC)], index=index, flags=_UP, change=_UP)
    routes = [default_route(index, _MARKED_GATEWAY)] * gateways
    return b"".join([link, add_address(index, IPv4Interface((_MARKED_ADDRESS, prefix))), *routes])


def _mac_bytes(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", ""))


def _family(address: Address) -> int:
    return AF_INET if address.version == 4 else AF_INET6


def _link(header_flags: int, attributes: Attributes, *, kind: int = RTM_NEWLINK, **fields: int) -> bytes:
    return _encode(ifinfmsg(), kind, header_flags, fields, attributes)


def _encode(message: ifinfmsg | ifaddrmsg | rtmsg, kind: int, flags: int, fields: dict[str, int], attributes: Attributes) -> bytes:
    for name, value in fields.items():
        message[name] = value
    message["attrs"] = list(attributes)
    message["header"]["type"] = kind
    message["header"]["flags"] = flags
    message.encode()
    data = bytes(message.data)
    return data + b"\0" * (-len(data) % 4)
