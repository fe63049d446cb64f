"""Ports as images name them."""

import pytest

from sdk.oci.ports import Port, is_port_number, named_ports, parse_ports, port_number, port_range

ZEROS = "0" * 5000


def test_what_an_image_calls_a_port_and_is_none_is_left_out():
    assert parse_ports(["80", "x/tcp", "53/UDP", "80/icmp", "", "80/tcp", "70000", "²"]) == (Port(80), Port(53, "udp"))


def test_ports_are_named_in_full():
    assert named_ports(parse_ports(["80", "53/udp"])) == {"80/tcp": {}, "53/udp": {}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("80", 80),
        ("65535", 65535),
        ("0" * 5000 + "80", 80),
        ("0" * 5000, 0),
        ("65536", None),
        ("9" * 5000, None),
        ("", None),
        ("-1", None),
        ("٣", None),
    ],
)
def test_a_port_has_16_bits_and_may_begin_with_zeros(text: str, expected: int | None) -> None:
    """Thousands of them were told in Python's words."""
    assert port_number(text) == expected
    assert is_port_number(text) is (expected is not None)


def test_zeros_lead_the_ports_of_ranges_and_images_too():
    assert port_range(f"{ZEROS}80-{ZEROS}90") == (80, 90)
    assert port_range(f"{ZEROS}80") == (80, 0)
    assert parse_ports([f"{ZEROS}80/udp"]) == (Port(80, "udp"),)
