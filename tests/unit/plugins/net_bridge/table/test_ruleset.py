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
