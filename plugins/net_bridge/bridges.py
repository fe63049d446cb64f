"""Bridges: one per network, marked with the daemon's instance in the link's alias. A bridge that was there before is used as it is, gets what
addresses it lacks, and stays when the network goes."""

import hashlib
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from plugins.net_bridge.kernel import messages, sysctl
from plugins.net_bridge.kernel.rtnetlink import Link, RouteSocket
from plugins.net_bridge.options import BridgeOptions
from sdk.drivers.network import NetworkSpec
from sdk.errors import Conflict

Interface = IPv4Interface | IPv6Interface

_LINK_LOCAL = b"\xfe\x80" + bytes(6)


class Bridges:
    """The bridges of one daemon, in the network namespace of `route`. For worker threads."""

    def __init__(self, route: RouteSocket, instance: str) -> None:
        self._route = route
        self._alias = f"core:{instance}"

    def ensure(self, network: NetworkSpec, options: BridgeOptions) -> int:
        """Make the network's bridge be there with its gateway addresses, and return its index; idempotent.

        Raises Conflict when a link of that name is no bridge.
        """
        found = self._find(options.bridge)
        index = found.index if found else self._create(options)
        wanted = [address for address in gateways(network) if address.version not in options.addressless]
        self._set_addresses(index, wanted, replace=found is None or found.alias == self._alias)
        if network.ipv6:
            # A link-local address that is still being checked for duplicates would keep packets of other hosts for a second.
            sysctl.write(f"ipv6/conf/{options.bridge}/accept_dad", "0")
        with_address = network.ipv6 and 6 not in options.addressless
        up = messages.up(index, link_local=6 not in options.addressless or options.mtu < messages.LEAST_IPV6_MTU)
        self._route.request([up, *([messages.loopback_route(index)] if with_address else [])])
        sysctl.write(f"ipv4/conf/{options.bridge}/route_localnet", "1")
        return index

    def remove(self, name: str) -> None:
        """Remove a bridge of this daemon's; idempotent."""
        if any(link.name == name for link in self.mine()):
            self._route.delete(name)

    def mine(self) -> list[Link]:
        """Return this daemon's bridges."""
        return [link for link in self._route.links() if link.alias == self._alias]

    def _find(self, name: str) -> Link | None:
        if not self._route.find(name):
            return None
        found = next((link for link in self._route.links() if link.name == name), None)
        if found is None or found.kind == "bridge":
            return found
        raise Conflict(f"cannot create network: existing interface {name} is not a bridge")

    def _create(self, options: BridgeOptions) -> int:
        """Make the bridge and mark it in one system call, which no signal interrupts: no bridge is ever without its mark."""
        made = messages.bridge(options.bridge, options.mtu, _stable_mac(options.bridge))
        self._route.request([made, messages.alias(options.bridge, self._alias)])
        return self._route.index(options.bridge)

    def _set_addresses(self, index: int, wanted: list[Interface], *, replace: bool) -> None:
        present = [address for link, address in self._route.addresses() if link == index]
        stale = [address for address in present if not (address in wanted or _is_kernels(address))]
        batch = [messages.delete_address(index, address) for address in stale if replace]
        batch += [messages.add_address(index, address) for address in wanted if address not in present]
        if batch:
            self._route.request(batch)


def gateways(network: NetworkSpec) -> list[Interface]:
    """Return the addresses of a network's bridge."""
    return [ip_interface(f"{subnet.gateway}/{subnet.cidr.prefixlen}") for subnet in network.subnets if subnet.gateway is not None]


def answer_for_containers(bridge: str, *, yes: bool) -> None:
    """Let a bridge answer ARP requests of one container for another, and at once: the kernel waits up to 0.8 s otherwise."""
    sysctl.write(f"ipv4/neigh/{bridge}/proxy_delay", "0")
    sysctl.write(f"ipv4/conf/{bridge}/proxy_arp_pvlan", "1" if yes else "0")


def _is_kernels(address: Interface) -> bool:
    """Tell whether the kernel gave a link this address itself: it makes fe80::/64 and the MAC address, with ff:fe in the middle, one."""
    packed = address.packed
    return packed[:8] == _LINK_LOCAL and packed[11:13] == b"\xff\xfe"


def _stable_mac(name: str) -> str:
    return "02:42:" + hashlib.sha256(name.encode()).digest()[:4].hex(":")
