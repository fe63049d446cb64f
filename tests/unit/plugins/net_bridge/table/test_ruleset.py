from ipaddress import ip_address, ip_network

from plugins.net_bridge.table.ruleset import BridgeRules, Forward, add, delete, render

ANY = Forward(ip_address("0.0.0.0"), "tcp", 8080, ip_address("172.17.0.2"), 80)
ONE = Forward(ip_address("192.0.2.1"), "udp", 53, ip_address("172.17.0.2"), 5353)
SIX = Forward(ip_address("::"), "tcp", 8080, ip_address("fd00::2"), 80)


def test_a_port_is_one_element_of_the_map_for_its_kind():
    assert add("t", [ANY]) == "add element inet t published_any_ip { tcp . 8080 : 172.17.0.2 . 80 }\n"
    assert add("t", [ONE]) == "add element inet t published_ip { 192.0.2.1 . udp . 53 : 172.17.0.2 . 5353 }\n"
    assert add("t", [SIX]) == "add element inet t published_any_ip6 { tcp . 8080 : fd00::2 . 80 }\n"
    assert delete("t", [ANY, ONE]).splitlines() == [
        "delete element inet t published_any_ip { tcp . 8080 }",
        "delete element inet t published_ip { 192.0.2.1 . udp . 53 }",
    ]


def test_a_routed_port_is_open_at_the_containers_own_address():
    routed = Forward(ip_address("0.0.0.0"), "tcp", 0, ip_address("172.17.0.2"), 80, routed=True)
    routed6 = Forward(ip_address("::"), "udp", 0, ip_address("fd00::2"), 53, routed=True)
    assert add("t", [routed]) == "add element inet t open_ip { 172.17.0.2 . tcp . 80 }\n"
    assert delete("t", [routed6]) == "delete element inet t open_ip6 { fd00::2 . udp . 53 }\n"


def test_gateway_modes_say_who_may_come_in():
    subnets = (ip_network("172.17.0.0/16"), ip_network("fd00::/64"))
    routed = render("t", [BridgeRules("b0", subnets, routed=frozenset({4}))], [])
    assert 'oifname "b0" meta nfproto ipv4 meta l4proto icmp accept' in routed
    assert "ip saddr 172.17.0.0/16" not in routed
    assert 'ip6 saddr fd00::/64 oifname != "b0" masquerade' in routed
    assert 'oifname "b0" meta nfproto' in routed
    unprotected = render("t", [BridgeRules("b0", subnets, unprotected=frozenset({6}))], [])
    assert 'oifname "b0" meta nfproto ipv6 accept' in unprotected
    assert 'ip6 saddr fd00::/64 oifname != "b0" masquerade' in unprotected
    assert 'oifname "b0" meta nfproto' not in render("t", [BridgeRules("b0", subnets)], [])


def test_the_table_is_replaced_in_one_transaction_and_vanishes_with_the_last_network():
    network = BridgeRules("core0", (ip_network("172.17.0.0/16"),))
    assert "flush map inet t published_any_ip\n" in render("t", [network], [ANY])
    assert "flush chain inet t user" not in render("t", [network], [ANY]), "that is the administrator's"
    assert render("t", [network], [ANY]).endswith(add("t", [ANY]))
    assert render("t", [], [ANY]) == "table inet t\ndelete table inet t\n"


def test_rules_follow_a_networks_options():
    subnet = (ip_network("172.17.0.0/16"),)
    plain = render("t", [BridgeRules("b0", subnet)], [])
    assert 'ip saddr 172.17.0.0/16 oifname != "b0" masquerade' in plain
    assert 'iifname "b0" oifname "b0" accept' in plain
    assert 'oifname != "b0" masquerade' not in render("t", [BridgeRules("b0", subnet, masquerade=False)], [])
    internal = render("t", [BridgeRules("b0", subnet, internal=True)], [])
    assert 'oifname != "b0" masquerade' not in internal
    assert 'iifname "b0" oifname != "b0" drop' in internal
    assert 'oifname "b0" accept' not in render("t", [BridgeRules("b0", subnet, icc=False)], [])


def test_published_ports_are_known_by_containers_own_addresses_where_other_hosts_may_use_them():
    """Two ports of the host may lead to one of the container; with `host_ip` they are two elements of a map and one of the set."""
    other = Forward(ip_address("0.0.0.0"), "tcp", 8081, ip_address("172.17.0.2"), 80)
    assert add("t", [ANY, other], direct=True).count("direct_ip { 172.17.0.2 . tcp . 80 }") == 1
    assert delete("t", [ANY, other], direct=True).count("direct_ip { 172.17.0.2 . tcp . 80 }") == 1
    assert "direct_ip6 { fd00::2 . tcp . 80 }" in add("t", [SIX], direct=True)
    subnet = (ip_network("172.17.0.0/16"),)
    trusting = render("t", [BridgeRules("b0", subnet), BridgeRules("b1", trusted=("eth1", "eth2"))], [ANY])
    assert 'iifname { "eth1", "eth2" } oifname "b1" ip daddr . meta l4proto . th dport @direct_ip accept' in trusting
    assert "direct_ip { 172.17.0.2 . tcp . 80 }" in trusting
    assert 'oifname "b0" ip daddr' not in trusting
    direct = render("t", [BridgeRules("b0", subnet, direct=True, trusted=("eth1",))], [ANY])
    assert '\toifname "b0" ip6 daddr . meta l4proto . th dport @direct_ip6 accept' in direct
    internal = render("t", [BridgeRules("b0", subnet, direct=True, internal=True)], [ANY])
    assert "@direct_ip" not in internal


def test_packets_with_the_accepted_mark_come_in_but_not_to_internal_networks():
    rules = render("t", [BridgeRules("b0", internal=True)], [], accepted_mark="& 0x3 == 0x2")
    drop, accept = rules.index('iifname != "b0" oifname "b0" drop'), rules.index("oifname @bridges meta mark & 0x3 == 0x2 accept")
    assert drop < accept < rules.index("oifname @bridges drop")
    assert "meta mark" not in render("t", [BridgeRules("b0")], [])


def test_what_leaves_may_have_a_source_of_its_own():
    subnets = (ip_network("172.17.0.0/16"), ip_network("fd00::/64"))
    rules = render("t", [BridgeRules("b0", subnets, sources=(ip_address("192.0.2.9"),))], [])
    assert 'ip saddr 172.17.0.0/16 oifname != "b0" snat ip to 192.0.2.9' in rules
    assert 'ip6 saddr fd00::/64 oifname != "b0" masquerade' in rules
