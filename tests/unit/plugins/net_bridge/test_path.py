"""A packet's way through a table as nft(8) prints it."""

from ipaddress import ip_interface

import pytest

from plugins.net_bridge.path import paths
from sdk.drivers.network import Endpoint, PortBinding, PortPath

LISTING = """\
table inet core_x {
	map published_ip {
		type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
		elements = { 192.0.2.1 . udp . 53 : 172.17.0.2 . 5353 }
	}

	map published_any_ip {
		type inet_proto . inet_service : ipv4_addr . inet_service
		elements = { tcp . 8080 : 172.17.0.2 . 80,
				tcp . 8081 : 172.17.0.3 . 80 }
	}

	set open_ip {
		type ipv4_addr . inet_proto . inet_service
		elements = { 172.17.0.2 . tcp . 81 }
	}

	set bridges {
		type ifname
		elements = { "core0",
				"br-1" }
	}

	chain user {
USER	}

	chain published {
		dnat ip to ip daddr . meta l4proto . th dport map @published_ip
		meta nfproto ipv4 dnat ip to meta l4proto . th dport map @published_any_ip
	}

	chain guard {
		type filter hook prerouting priority raw; policy accept;
		iifname @bridges ip daddr 127.0.0.0/8 drop comment "a comment, of words"
	}

	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local jump published
	}

	chain output {
		type nat hook output priority -100; policy accept;
		fib daddr type local jump published
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname @bridges ip saddr 127.0.0.0/8 masquerade
		ip saddr 172.17.0.0/16 oifname != "core0" masquerade
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname != @bridges oifname != @bridges accept
		jump user
		ct state established,related accept
		oifname @bridges ct status dnat accept
		oifname @bridges ip daddr . meta l4proto . th dport @open_ip accept
		oifname "core0" meta nfproto ipv4 meta l4proto icmp accept
		oifname @bridges drop
	}
}
"""


def ways(port: PortBinding, user: str = "") -> list[PortPath]:
    endpoint = Endpoint("e", "n", "c", "eth0", "", (ip_interface("172.17.0.2/16"),), ports=(port,))
    return paths(LISTING.replace("USER", f"\t\t{user}\n" if user else ""), endpoint, "core0")


def matching(path: PortPath) -> list[str]:
    return [hop.chain for hop in path.hops if hop.effect]


def test_from_another_host_and_from_this_one():
    remote, local = ways(PortBinding(80, "tcp", "0.0.0.0", 8080))
    assert (remote.origin, local.origin) == ("another host", "this host, to 127.0.0.1:8080")
    assert matching(remote) == ["prerouting", "published", "forward", "forward"]
    assert matching(local) == ["output", "published", "postrouting"]
    assert {path.result for path in (remote, local)} == {"arrives at 172.17.0.2:80 by core0"}


def test_a_port_on_one_address():
    remote, local = ways(PortBinding(5353, "udp", "192.0.2.1", 53))
    assert "element 192.0.2.1 . udp . 53: destination becomes 172.17.0.2:5353" in [hop.effect for hop in remote.hops]
    assert local.origin == "this host, to 192.0.2.1:53"
    assert [path.origin for path in ways(PortBinding(80, "tcp", "127.0.0.1", 8080))] == ["this host, to 127.0.0.1:8080"]


@pytest.mark.parametrize(("port", "result"), [(81, "arrives at 172.17.0.2:81 by core0"), (80, "dropped")])
def test_a_routed_port_is_looked_up_by_the_containers_own_address(port: int, result: str):
    (remote,) = ways(PortBinding(port, "tcp", "0.0.0.0", 8080, routed=True))
    assert remote.origin == f"another host, to 172.17.0.2:{port}"
    assert "prerouting" not in matching(remote)
    assert remote.result == result


def test_what_nobody_redirects_is_refused():
    assert {path.result for path in ways(PortBinding(80, "tcp", "0.0.0.0", 9999))} == {
        "refused: no rule redirects it and nobody listens"
    }


@pytest.mark.parametrize(
    ("rule", "effect", "result"),
    [
        ("ip saddr 203.0.113.0/24 drop", "", "arrives"),
        ("ip daddr 172.17.0.2 counter packets 3 bytes 180 drop", "dropped", "dropped"),
        ("tcp dport 80 drop", "may decide otherwise", "arrives"),
        ("limit rate 5/second accept", "may decide otherwise", "arrives"),
    ],
)
def test_the_administrators_rules(rule: str, effect: str, result: str):
    remote, _ = ways(PortBinding(80, "tcp", "0.0.0.0", 8080), rule)
    assert [hop.effect for hop in remote.hops if hop.chain == "user"] == [effect]
    assert remote.result.startswith(result)


@pytest.mark.parametrize(
    "rule",
    [
        "meta l4proto { tcp, udp } drop",
        "meta l4proto 6-17 drop",
        "meta l4proto @protocols drop",
        "meta l4proto vmap { tcp : drop }",
        "meta nfproto { ipv4, ipv6 } drop",
        "ct state { established, new } drop",
        "ct state vmap { established : accept, new : drop }",
        "ip daddr . tcp dport { 172.17.0.2 . 80 } drop",
        "ip daddr . tcp dport @sockets drop",
        "ip daddr . tcp dport != @sockets drop",
        "ip daddr . tcp dport vmap { 172.17.0.2 . 80 : drop }",
        "ip daddr . meta l4proto . tcp dport @open_ip drop",
        "ip daddr . meta l4proto . th dport { 172.17.0.2 . tcp . 80 } drop",
        'ip daddr . iifname { 172.17.0.2 . "eth0" } drop',
        'iifname . ip daddr { "eth0" . 172.17.0.2 } drop',
        'iifname { "lo", "eth0" } drop',
        'iifname vmap { "eth0" : drop }',
        "iifname @interfaces drop",
        'iifname "eth0" drop',
        'oifname "core*" drop',
    ],
)
def test_what_sets_of_the_administrators_hold_is_not_judged(rule: str):
    remote, _ = ways(PortBinding(80, "tcp", "0.0.0.0", 8080), rule)
    assert [hop.effect for hop in remote.hops if hop.chain == "user"] == ["may decide otherwise"]


@pytest.mark.parametrize(
    ("rule", "effect"),
    [
        ("ct status snat,dnat drop", "dropped"),
        ('iifname "core0" drop', ""),
        ('iifname != "core0" oifname "core0" drop', "dropped"),
        ("ip daddr . meta l4proto . th dport @open_ip drop", ""),
        ("ip6 saddr != 2001:db8::/32 drop", ""),
        ("ip6 daddr . meta l4proto . th dport != @open_ip6 drop", ""),
    ],
)
def test_what_is_known_of_a_packet_is_judged(rule: str, effect: str):
    remote, _ = ways(PortBinding(80, "tcp", "0.0.0.0", 8080), rule)
    assert [hop.effect for hop in remote.hops if hop.chain == "user"] == [effect]


def test_a_rule_that_returns_ends_its_chain():
    remote, _ = ways(PortBinding(80, "tcp", "0.0.0.0", 8080), "ip daddr 172.17.0.2 return\n\t\tdrop")
    assert [hop.effect for hop in remote.hops if hop.chain == "user"] == ["return"]
    assert remote.result == "arrives at 172.17.0.2:80 by core0"
