"""The way of a packet through the driver's table, from the text nft(8) prints of it: rule by rule, as the kernel would judge them.

Rules of the administrator's may say what is not understood here; they are shown as ones that may decide otherwise.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from plugins.net_bridge.ports.publishing import forwards, relays
from plugins.net_bridge.table.ruleset import Forward
from sdk.drivers.network import Endpoint, Hop, PortBinding, PortPath

Address = IPv4Address | IPv6Address

_CHAIN = re.compile(r"^\tchain (\S+) \{$(.*?)^\t\}$", re.M | re.S)
_MAP = re.compile(r"^\t(?:map|set) (\S+) \{$(.*?)^\t\}$", re.M | re.S)
_ELEMENTS = re.compile(r"elements = \{(.*?)\}", re.S)
_COMMENT = re.compile(r' comment "[^"]*"')
_TRANSLATION = re.compile(r"dnat (?:ip|ip6) to (.+) map @(\S+)$")

_SINGLE = re.compile(r"[a-z][a-z0-9,-]*")
"""What a condition compares with, if it is one value or several flags: no range and no set's name."""
_BY_VALUE = frozenset({"{", "vmap"})
"""How an anonymous set begins, and a choice of verdicts."""
_OPEN = frozenset({"@open_ip", "@open_ip6"})
_VERSIONS = {"ip": 4, "ip6": 6}

_STATEMENTS = frozenset({"accept", "drop", "masquerade", "jump", "return", "dnat", "counter"})

INCOMING = ("guard", "prerouting", "forward", "postrouting")
"""The chains a packet of another host meets; those of the hooks it passes, in their order."""
OWN = ("output", "postrouting")
"""The chains a packet of this host meets."""
_ROUTED = ("forward", "postrouting")


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a connection. `source` None is any other host, `destination` None any address of this one.

    One that is `routed` goes to the container's own address.
    """

    protocol: str
    port: int
    source: Address | None
    destination: Address | None
    version: int
    incoming: str = ""
    outgoing: str = ""
    translated: bool = False
    routed: bool = False

    @property
    def is_forwarded(self) -> bool:
        return self.translated or self.routed


@dataclass(slots=True)
class Walk:
    """What happened to a packet. `verdict` is set by the rule that ended it."""

    packet: Packet
    hops: list[Hop] = field(default_factory=list)
    dropped: bool = False


class Table:
    """A table as it was printed."""

    def __init__(self, text: str) -> None:
        self._chains = {name: _rules(body) for name, body in _CHAIN.findall(text)}
        self._sets = {name: _elements(body) for name, body in _MAP.findall(text)}

    def follow(self, packet: Packet, chains: tuple[str, ...], bridge: str) -> Walk:
        """Return what a packet meets in these chains. Translated or routed it leaves by the bridge; else it is this host's own."""
        walk = Walk(packet)
        for chain in chains:
            if chain in _ROUTED:
                if not walk.packet.is_forwarded:
                    break
                walk.packet = replace(walk.packet, outgoing=bridge)
            self._enter(chain, walk)
            if walk.dropped:
                break
        return walk

    def _enter(self, chain: str, walk: Walk) -> bool:
        """Judge a chain's rules; True if one of them decided."""
        for rule in self._chains.get(chain, ()):
            conditions, verdict = _split(rule)
            judged = [self._holds(condition, walk.packet) for condition in conditions]
            if False in judged:
                walk.hops.append(Hop(chain, rule))
            elif None in judged:
                walk.hops.append(Hop(chain, rule, "may decide otherwise"))
            elif verdict == "return":
                walk.hops.append(Hop(chain, rule, verdict))
                return False
            elif self._apply(chain, rule, verdict, walk):
                return True
        return False

    def _apply(self, chain: str, rule: str, verdict: str, walk: Walk) -> bool:
        if verdict.startswith("jump "):
            target = verdict.removeprefix("jump ")
            walk.hops.append(Hop(chain, rule, f"goes on in {target}"))
            return self._enter(target, walk)
        if verdict.startswith("dnat "):
            return self._translate(chain, rule, verdict, walk)
        effects = {"accept": "accepted", "drop": "dropped", "masquerade": "source becomes the bridge's address"}
        walk.hops.append(Hop(chain, rule, effects.get(verdict, verdict)))
        walk.dropped = verdict == "drop"
        return verdict in effects

    def _translate(self, chain: str, rule: str, verdict: str, walk: Walk) -> bool:
        match = _TRANSLATION.match(verdict)
        key = _key(match.group(1), walk.packet) if match else ""
        target = self._sets.get(match.group(2), {}).get(key, "") if match else ""
        if not target:
            walk.hops.append(Hop(chain, rule))
            return False
        address, port = target.split(" . ")
        walk.packet = replace(walk.packet, destination=ip_address(address), port=int(port), translated=True)
        walk.hops.append(Hop(chain, rule, f"element {key}: destination becomes {_socket(address, port)}"))
        return True

    def _holds(self, condition: str, packet: Packet) -> bool | None:
        """Tell whether a condition holds for a packet, None if that is not known."""
        subject, _, wanted = condition.rpartition(" ")
        if _VERSIONS.get(subject.partition(" ")[0], packet.version) != packet.version:
            return False  # a negated one neither: each asks for a header of its own IP version first
        negated = subject.endswith(" !=")
        subject = subject.removesuffix(" !=")
        holds = self._compare(subject, wanted, packet)
        return holds if holds is None else holds is not negated

    def _compare(self, subject: str, wanted: str, packet: Packet) -> bool | None:
        if wanted in _BY_VALUE:
            return None
        if subject in ("iifname", "oifname"):
            return self._is_interface(packet.incoming if subject == "iifname" else packet.outgoing, wanted)
        if subject in ("ip saddr", "ip daddr", "ip6 saddr", "ip6 daddr"):
            return _within(packet.source if subject.endswith("saddr") else packet.destination, wanted)
        if " . " in subject:
            key = _key(subject, packet)
            return key in self._sets.get(wanted[1:], {}) if key and wanted in _OPEN else None
        known = {
            "fib daddr type": wanted == "local" and not packet.is_forwarded,
            "meta l4proto": wanted == packet.protocol,
            "meta nfproto": wanted == f"ipv{packet.version}",
            "ct state": "new" in wanted.split(","),
            "ct status": "dnat" in wanted.split(",") and packet.translated,
        }
        return known.get(subject) if _SINGLE.fullmatch(wanted) else None

    def _is_interface(self, interface: str, wanted: str) -> bool | None:
        """Compare an interface, "" for one that is not known, but no bridge of ours."""
        bridges = self._sets.get("bridges", {})
        if wanted == "@bridges":
            return f'"{interface}"' in bridges
        if wanted.startswith("@") or wanted.endswith('*"'):
            return None
        if not interface and wanted not in bridges:
            return None
        return interface == wanted.strip('"')


def paths(text: str, endpoint: Endpoint, bridge: str) -> list[PortPath]:
    """Return the ways to an endpoint's ports through a table as nft(8) prints it."""
    table = Table(text)
    relayed = {(str(way.host_ip), way.protocol, way.host_port): way for way in relays(endpoint)}
    return [
        _path(table, port, origin, packet, bridge, relayed.get((port.host_ip, port.protocol, port.host_port)))
        for port in endpoint.ports
        for origin, packet in _first_packets(port, endpoint)
    ]


def _first_packets(port: PortBinding, endpoint: Endpoint) -> Iterator[tuple[str, Packet]]:
    if port.routed:
        for opened in forwards(replace(endpoint, ports=(port,))):
            inside = opened.container_ip
            packet = Packet(port.protocol, port.container_port, None, inside, inside.version, routed=True)
            yield f"another host, to {_socket(str(inside), str(port.container_port))}", packet
        return
    host = ip_address(port.host_ip)
    here = (IPv4Address("127.0.0.1") if host.version == 4 else IPv6Address("::1")) if host.is_unspecified else host
    if not host.is_loopback:
        destination = None if host.is_unspecified else host
        yield "another host", Packet(port.protocol, port.host_port, None, destination, host.version)
    yield (
        f"this host, to {_socket(str(here), str(port.host_port))}",
        Packet(port.protocol, port.host_port, here, here, host.version),
    )


def _path(table: Table, port: PortBinding, origin: str, packet: Packet, bridge: str, relayed: Forward | None) -> PortPath:
    walk = table.follow(packet, INCOMING if packet.source is None else OWN, bridge)
    found = walk.packet
    if walk.dropped:
        result = "dropped"
    elif not found.is_forwarded and relayed is not None:
        result = f"relayed to {_socket(str(relayed.container_ip), str(relayed.container_port))}"
    elif not found.is_forwarded:
        result = "refused: no rule redirects it and nobody listens"
    else:
        result = f"arrives at {_socket(str(found.destination), str(found.port))} by {bridge}"
    return PortPath(port, origin, tuple(walk.hops), result)


def _rules(body: str) -> list[str]:
    lines = (line.strip() for line in body.splitlines())
    return [line for line in lines if line and not line.startswith("type ")]


def _elements(body: str) -> dict[str, str]:
    found = _ELEMENTS.search(body)
    texts = [" ".join(text.split()) for text in found.group(1).split(",")] if found else []
    return dict(_element(text) for text in texts)


def _element(text: str) -> tuple[str, str]:
    key, _, value = text.partition(" : ")
    return key, value


def _split(rule: str) -> tuple[list[str], str]:
    """Return a rule's conditions, and what it does when they hold."""
    words = _COMMENT.sub("", rule).split(" ")
    starts = [number for number, word in enumerate(words) if word in _STATEMENTS and words[number - 1] != "status"]
    end = starts[0] if starts else len(words)
    verdict = words[end:]
    if verdict[:1] == ["counter"]:  # its figures: packets N bytes N
        verdict = verdict[5:]
    return list(_conditions(words[:end])), " ".join(verdict)


def _conditions(words: list[str]) -> Iterator[str]:
    sizes = {"iifname": 2, "oifname": 2, "fib": 4}
    while words:
        size = sizes.get(words[0], 3)
        while len(words) > size and words[size - 1] == ".":
            size += 3
        if len(words) >= size and words[size - 1] == "!=":
            size += 1
        yield " ".join(words[:size])
        words = words[size:]


def _key(parts: str, packet: Packet) -> str:
    """Return what a map or set is asked for, as its elements are printed; "" if a part of it is not known."""
    values = {
        "ip daddr": str(packet.destination or ""),
        "ip6 daddr": str(packet.destination or ""),
        "meta l4proto": packet.protocol,
        "th dport": str(packet.port),
    }
    found = [values.get(part) for part in parts.split(" . ")]
    return " . ".join(part or "" for part in found) if None not in found else ""


def _within(address: Address | None, wanted: str) -> bool | None:
    try:
        network = ip_network(wanted)
    except ValueError:
        return None
    if address is None:  # any address of this host, or of another host: none of a special kind
        return False
    return address.version == network.version and address in network


def _socket(address: str, port: str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
