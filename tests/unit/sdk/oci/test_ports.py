"""Ports as images name them."""

from sdk.oci.ports import Port, named_ports, parse_ports


def test_what_an_image_calls_a_port_and_is_none_is_left_out():
    assert parse_ports(["80", "x/tcp", "53/UDP", "80/icmp", "", "80/tcp", "70000", "²"]) == (Port(80), Port(53, "udp"))


def test_ports_are_named_in_full():
    assert named_ports(parse_ports(["80", "53/udp"])) == {"80/tcp": {}, "53/udp": {}}
