"""Veth pairs: one end on a bridge, the other the container's interface."""

import errno
import itertools
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from plugins.net_bridge.kernel import messages
from plugins.net_bridge.kernel.namespaces import Namespace
from plugins.net_bridge.kernel.rtnetlink import Link, RouteSocket
from sdk.linux.namespaces import in_network_namespace_of
from sdk.network.ipv6 import disable_ipv6

_FORWARDING = 3
_FORWARDING_SECONDS, _LOOKING_SECONDS = 1.0, 0.002
_TOKEN_LENGTH = 6
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIRST, _STARTS = 36**6, 35 * 36**6
"""Numbers of seven digits: with them a name has 14 characters, one less than the kernel allows."""


@dataclass(frozen=True, slots=True)
class Veth:
    """A pair: the name of the host's end, and the index of the container's end in its namespace."""

    host_interface: str
    index: int


@dataclass(frozen=True, slots=True)
class Port:
    """What to make on which bridge. `isolated` ports exchange no frames with each other (`enable_icc=false`).

    Isolation holds whether or not br_netfilter shows bridged frames to the table. Where it does, it costs neighbours the ports they
    publish: br_netfilter turns those connections into frames between the two.
    """

    bridge_index: int
    mtu: int
    isolated: bool = False
    ipv6: bool = False


class Veths:
    """The veth pairs of one daemon, known by their names `v<instance><number>`. For worker threads."""

    def __init__(self, route: RouteSocket, instance: str) -> None:
        self._route = route
        self._prefix = f"v{instance[:_TOKEN_LENGTH]}"
        self.found = frozenset(self.mine())
        # Not from 1 on: records of an earlier daemon name pairs that are gone by now, and what they name is deleted later.
        self._numbers = itertools.count(_FIRST + secrets.randbelow(_STARTS))

    def mine(self) -> list[str]:
        """Return the names of the host's ends of this daemon's pairs; `found` are those an earlier process made."""
        return [link.name for link in self._route.links() if link.name.startswith(self._prefix)]

    def make(self, port: Port, namespace: Namespace, interface: str) -> Veth:
        """Make a pair from a bridge into a namespace. The container's end has no address. Without IPv6 it is up.

        Switching it on here rather than with the addresses keeps a third of the work out of a pooled connect. With IPv6 it stays down until
        it has its MAC address, of which the kernel makes the link-local one when the link comes up (RFC 4291, appendix A).
        """
        name = self._prefix + _base36(next(self._numbers))
        self._route.request(
            [
                messages.veth(name, interface, namespace.fd, port.bridge_index, port.mtu),
                messages.bridge_port(name, isolated=port.isolated, ipv6=port.mtu >= messages.LEAST_IPV6_MTU),
            ]
        )
        if not port.ipv6:
            disabled = port.mtu < messages.LEAST_IPV6_MTU or in_network_namespace_of(namespace.fd, lambda: disable_ipv6(interface))
            namespace.route.request([messages.container_end(interface, link_local=disabled)])
        index = namespace.route.index(interface)
        return Veth(name, index)

    def wait_until_forwarding(self, host_interface: str) -> None:
        """Wait until the bridge passes on what a new container sends: the kernel switches a port on a moment after its link is up."""
        deadline = time.monotonic() + _FORWARDING_SECONDS
        while self._route.port_state(host_interface) != _FORWARDING and time.monotonic() < deadline:
            time.sleep(_LOOKING_SECONDS)

    def cut_off(self, host_interface: str) -> None:
        """Let no more frames of a container out that has ended: the kernel takes the pair away when it takes down the namespace. Idempotent.

        One that is no bridge's port any more is deleted.
        """
        try:
            self._route.request([messages.cut_off(host_interface)])
        except OSError as error:
            if error.errno != errno.ENODEV:
                self.delete(host_interface)

    def delete(self, host_interface: str) -> None:
        """Delete a pair; idempotent. Slow (a kernel grace period): not for the path of a container's start or end."""
        self._route.delete(host_interface)


def free_interface(links: Sequence[Link], prefix: str) -> str:
    """Return the first of eth0, eth1, ... (for prefix `eth`) no link has."""
    names = {link.name for link in links}
    return next(name for number in itertools.count() if (name := f"{prefix}{number}") not in names)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
    return digits
