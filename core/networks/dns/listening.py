"""The two sockets of a container's DNS server, made inside its network namespace.

They listen on free ports, and two stateless rules of nftables make them answer at port 53: a name server that runs in the
container still finds port 53 free on every address. The rules track no connections, so other packets pay next to nothing.
"""

import contextlib
import logging
import socket
from dataclasses import dataclass

from sdk.errors import SkipPlugin
from sdk.linux.descriptors import own_descriptors
from sdk.linux.namespaces import in_network_namespace
from sdk.linux.nftables import Nftables, RulesetError

ADDRESS, PORT = "127.0.0.11", 53

_BACKLOG = 128
_RULES = """\
table ip core_dns
delete table ip core_dns
table ip core_dns {{
	comment "the engine's name server listens on free ports; containers find it at port 53"
	chain output {{
		type filter hook output priority raw; policy accept;
		oifname "lo" ip daddr {address} udp dport 53 udp dport set {udp}
		oifname "lo" ip daddr {address} tcp dport 53 tcp dport set {tcp}
		oifname "lo" ip saddr {address} udp sport {udp} udp sport set 53
		oifname "lo" ip saddr {address} tcp sport {tcp} tcp sport set 53
	}}
}}
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """Sockets that do not block; their owner closes both."""

    udp: socket.socket
    tcp: socket.socket

    def close(self) -> None:
        self.udp.close()
        self.tcp.close()


def listen(path: str) -> Listening:
    """Open the sockets inside the network namespace at a path; what an earlier daemon left there is replaced. Raises OSError."""
    listening = in_network_namespace(path, lambda: _bind(0))
    try:
        rules = _RULES.format(address=ADDRESS, udp=_port(listening.udp), tcp=_port(listening.tcp))
        in_network_namespace(path, lambda: _write(rules))
    except (RulesetError, SkipPlugin, OSError) as error:  # then the container cannot have a name server of its own; all else works
        _log.debug("no rules for the name server, it takes port 53: %s", error)
        listening.close()
        return in_network_namespace(path, lambda: _bind(PORT))
    return listening


def _write(rules: str) -> None:
    """Run commands of nftables in a thread that has nothing else to do."""
    with own_descriptors(), contextlib.closing(Nftables()) as nftables:
        nftables.run(rules)


def _bind(port: int) -> Listening:
    with contextlib.ExitStack() as undo:
        udp = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
        udp.bind((ADDRESS, port))
        tcp = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((ADDRESS, port))
        tcp.listen(_BACKLOG)
        undo.pop_all()
    return Listening(udp, tcp)


def _port(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])
