"""Ports as images name them."""

import pytest

from sdk.oci.ports import Port, is_port_number, named_ports, parse_ports


def test_what_an_image_calls_a_port_and_is_none_is_left_out():
    assert parse_ports(["80", "x/tcp", "53/UDP", "80/icmp", "", "80/tcp", "70000", "²"]) == (Port(80), Port(53, "udp"))


def test_ports_are_named_in_full():
    assert named_ports(parse_ports(["80", "53/udp"])) == {"80/tcp": {}, "53/udp": {}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", True),
        ("80", True),
        ("65535", True),
        ("0" * 5000 + "80", True),
        ("65536", False),
        ("9" * 5000, False),
        ("", False),
        ("-1", False),
    ],
)
def test_a_port_has_16_bits_and_may_begin_with_zeros(text: str, expected: bool) -> None:
    """Thousands of them were told in Python's words."""
    assert is_port_number(text) is expected
