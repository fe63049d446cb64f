"""The driver's one nftables table, as text: rules per network, and a map element per published port.

Nothing is written outside this table, and `accept` in it never overrules another table's `drop`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from sdk.drivers.network import PortLink

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class BridgeRules:
    """What the table must know of a network. `icc` lets its containers talk to each other where bridged frames pass the filter.

    Addresses of the IP versions in `routed` are not translated; with those in `unprotected` other hosts may reach every port. Without
    `icc` containers reach the ports that `links` opens to them, as far as the bridge has them go by the host. `direct`: other hosts reach
    published ports at containers' own addresses, too; those behind the interfaces in `trusted` do so in any case. What leaves has one
    of the `sources` as its source, or else what the interface has that it leaves by.
    """

    bridge: str
    subnets: tuple[IPv4Network | IPv6Network, ...] = ()
    masquerade: bool = True
    internal: bool = False
    icc: bool = True
    routed: frozenset[int] = frozenset()
    unprotected: frozenset[int] = frozenset()
    links: frozenset[PortLink] = frozenset()
    direct: bool = False
    trusted: tuple[str, ...] = ()
    sources: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Forward:
    """A published port: what arrives at `host_ip` (unspecified: any address of the host) goes to the container.

    One that is `routed` is reached at the container's own address, and no host port leads to it.
    """

    host_ip: Address
    protocol: str
    host_port: int
    container_ip: Address
    container_port: int
    routed: bool = False


USER_CHAIN = "user"
"""The administrator's chain: sees every packet to or from a container before our rules do, and is never rewritten."""

_DECLARATION = """\
table inet {table} {{
	map published_ip {{ type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }}
	map published_any_ip {{ type inet_proto . inet_service : ipv4_addr . inet_service; }}
	map published_ip6 {{ type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }}
	map published_any_ip6 {{ type inet_proto . inet_service : ipv6_addr . inet_service; }}
	set open_ip {{ type ipv4_addr . inet_proto . inet_service; }}
	set open_ip6 {{ type ipv6_addr . inet_proto . inet_service; }}
	set direct_ip {{ type ipv4_addr . inet_proto . inet_service; }}
	set direct_ip6 {{ type ipv6_addr . inet_proto . inet_service; }}
	set bridges {{ type ifname; }}
	chain user {{ }}
	chain published {{ }}
	chain guard {{ type filter hook prerouting priority raw; policy accept; }}
	chain prerouting {{ type nat hook prerouting priority dstnat; policy accept; }}
	chain output {{ type nat hook output priority -100; policy accept; }}
	chain postrouting {{ type nat hook postrouting priority srcnat; policy accept; }}
	chain forward {{ type filter hook forward priority filter; policy accept; }}
}}
"""
_MAPS = ("published_ip", "published_any_ip", "published_ip6", "published_any_ip6")
_SETS = ("open_ip", "open_ip6", "direct_ip", "direct_ip6", "bridges")
_CHAINS = ("published", "guard", "prerouting", "output", "postrouting", "forward")
_RULES = """\
table inet {table} {{
	set bridges {{ type ifname; elements = {{ {bridges} }}; }}
	chain published {{
		meta nfproto ipv4 dnat ip to ip daddr . meta l4proto . th dport map @published_ip
		meta nfproto ipv4 dnat ip to meta l4proto . th dport map @published_any_ip
		meta nfproto ipv6 dnat ip6 to ip6 daddr . meta l4proto . th dport map @published_ip6
		meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @published_any_ip6
	}}
	chain guard {{
		iifname @bridges ip daddr 127.0.0.0/8 drop comment "bridges route 127.0.0.0/8, so that ports answer on the host's loopback"
	}}
	chain prerouting {{
		ip daddr 127.0.0.0/8 return comment "no other host reaches what is published on the loopback"
		fib daddr type local jump published
	}}
	chain output {{
{loopback6}		fib daddr type local jump published
	}}
	chain postrouting {{
		oifname @bridges ip saddr 127.0.0.0/8 masquerade
		oifname @bridges ip6 saddr ::1 masquerade
{masquerade}	}}
	chain forward {{
		iifname != @bridges oifname != @bridges accept
		jump user
		ct state established,related accept
{internal}		oifname @bridges ct status dnat accept
		oifname @bridges ip daddr . meta l4proto . th dport @open_ip accept
		oifname @bridges ip6 daddr . meta l4proto . th dport @open_ip6 accept
{mark}{modes}{direct}{icc}{links}		oifname @bridges drop
	}}
}}
"""


_NO_LOOPBACK6 = "\t\tip6 daddr ::1 accept\n"


def render(
    table: str, networks: Sequence[BridgeRules], forwards: Iterable[Forward], *, loopback6: bool = True, accepted_mark: str = ""
) -> str:
    """Return the transaction that gives the table these networks and ports and no others; without networks, removes it.

    The administrator's chain stays as it is. Packets with the `accepted_mark` reach all containers. Without `loopback6` ports do not answer at `::1`, which the kernel then refuses at once.
    """
    if not networks:
        return remove(table)
    emptied = [f"flush map inet {table} {name}\n" for name in _MAPS]
    emptied += [f"flush set inet {table} {name}\n" for name in _SETS]
    emptied += [f"flush chain inet {table} {name}\n" for name in _CHAINS]
    rules = _RULES.format(
        table=table,
        loopback6="" if loopback6 else _NO_LOOPBACK6,
        bridges=", ".join(f'"{network.bridge}"' for network in networks),
        masquerade=_lines(rule for network in networks for rule in _masquerade(network)),
        internal=_lines(rule for network in networks if network.internal for rule in _internal(network.bridge)),
        mark=_lines([f"oifname @bridges meta mark {accepted_mark} accept"] if accepted_mark else ()),
        direct=_lines(rule for network in networks for rule in _direct(network)),
        modes=_lines(rule for network in networks for rule in _modes(network)),
        icc=_lines(f'iifname "{network.bridge}" oifname "{network.bridge}" accept' for network in networks if network.icc),
        links=_lines(_opened(network) for network in networks if network.links and not network.icc),
    )
    return "".join([_DECLARATION.format(table=table), *emptied, rules, add(table, forwards, direct=is_direct(networks))])


def is_direct(networks: Iterable[BridgeRules]) -> bool:
    """Tell whether published ports have to be known by the containers' own addresses, too."""
    return any(network.direct or network.trusted for network in networks)


def remove(table: str) -> str:
    """Return the transaction after which there is no table, whether or not there was one."""
    return f"table inet {table}\ndelete table inet {table}\n"


def add(table: str, forwards: Iterable[Forward], *, direct: bool = False) -> str:
    """Return commands that publish ports; `direct`: at the containers' own addresses, too."""
    elements = _elements(forwards, direct=direct)
    return "".join(f"add element inet {table} {name} {{ {key}{value} }}\n" for (name, key), value in elements.items())


def delete(table: str, forwards: Iterable[Forward], *, direct: bool = False) -> str:
    """Return commands that unpublish ports."""
    return "".join(f"delete element inet {table} {name} {{ {key} }}\n" for name, key in _elements(forwards, direct=direct))


def _elements(forwards: Iterable[Forward], *, direct: bool) -> dict[tuple[str, str], str]:
    """Return what is to be in which set or map, each once: several ports of the host may lead to one of a container."""
    found = {}
    for forward in forwards:
        found[_map(forward), _key(forward)] = _value(forward)
        if direct and not forward.routed:
            found[f"direct_{_ip(forward.container_ip)}", _own(forward)] = ""
    return found


def _masquerade(network: BridgeRules) -> Iterable[str]:
    """Yield rules that hide containers behind the host, and (hairpin) behind the bridge when one talks to a port it published."""
    for subnet in network.subnets:
        if subnet.version in network.routed:
            continue
        source = f"{_ip(subnet)} saddr {subnet}"
        yield f'{source} oifname "{network.bridge}" ct status dnat masquerade'
        if network.masquerade and not network.internal:
            yield f'{source} oifname != "{network.bridge}" {_disguise(network, subnet.version)}'


def _disguise(network: BridgeRules, version: int) -> str:
    source = next((address for address in network.sources if address.version == version), None)
    return f"snat {_ip(source)} to {source}" if source is not None else "masquerade"


def _direct(network: BridgeRules) -> Iterable[str]:
    """Yield rules that let other hosts in to published ports by the containers' own addresses: all of them, or those that are trusted."""
    if network.internal or not (network.direct or network.trusted):
        return
    names = ", ".join(f'"{name}"' for name in network.trusted)
    way = "" if network.direct else f"iifname {{ {names} }} "
    for family in ("ip", "ip6"):
        yield f'{way}oifname "{network.bridge}" {family} daddr . meta l4proto . th dport @direct_{family} accept'


def _internal(bridge: str) -> tuple[str, str]:
    return f'iifname "{bridge}" oifname != "{bridge}" drop', f'iifname != "{bridge}" oifname "{bridge}" drop'


def _modes(network: BridgeRules) -> Iterable[str]:
    """Yield rules that let other hosts in which have a route: to answer pings, or to everything."""
    into = f'oifname "{network.bridge}" meta nfproto'
    for version, pings in ((4, "icmp"), (6, "ipv6-icmp")):
        if version in network.unprotected:
            yield f"{into} ipv{version} accept"
        elif version in network.routed:
            yield f"{into} ipv{version} meta l4proto {pings} accept"


def _opened(network: BridgeRules) -> str:
    keys = sorted(f"{link.source} . {link.target} . {link.protocol} . {link.port}" for link in network.links)
    way = f'iifname "{network.bridge}" oifname "{network.bridge}"'
    return f"{way} ip saddr . ip daddr . meta l4proto . th dport {{ {', '.join(keys)} }} accept"


def _map(forward: Forward) -> str:
    family = _ip(forward.container_ip)
    if forward.routed:
        return f"open_{family}"
    return f"published_any_{family}" if forward.host_ip.is_unspecified else f"published_{family}"


def _value(forward: Forward) -> str:
    return "" if forward.routed else f" : {forward.container_ip} . {forward.container_port}"


def _key(forward: Forward) -> str:
    if forward.routed:
        return _own(forward)
    port = f"{forward.protocol} . {forward.host_port}"
    return port if forward.host_ip.is_unspecified else f"{forward.host_ip} . {port}"


def _own(forward: Forward) -> str:
    return f"{forward.container_ip} . {forward.protocol} . {forward.container_port}"


def _ip(address: Address | IPv4Network | IPv6Network) -> str:
    return "ip" if address.version == 4 else "ip6"


def _lines(rules: Iterable[str]) -> str:
    return "".join(f"\t\t{rule}\n" for rule in rules)
