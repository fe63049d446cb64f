"""Ports in Docker's syntax."""

import pytest

from sdk.docker.bodies import HostPort
from sdk.docker.ports import parse_bindings, parse_exposed, parse_port, shown_bindings
from sdk.drivers.network import PortBinding
from sdk.errors import InvalidArgument
from sdk.oci.ports import Port


def test_ranges_hosts_and_random_ports():
    assert parse_bindings({"80/tcp": (HostPort("127.0.0.1", "8080"), HostPort("", "9000-9010")), "53/UDP": ()}) == (
        PortBinding(80, "tcp", "127.0.0.1", 8080),
        PortBinding(80, "tcp", "", 9000, 9010),
        PortBinding(53, "udp"),
    )


def test_bindings_are_shown_as_they_are_asked_for():
    text = {"80/tcp": (HostPort("::1", "8080"), HostPort("", "9000-9010")), "53/udp": (HostPort(),)}
    assert shown_bindings(parse_bindings(text)) == text


def test_exposed_ports():
    assert parse_exposed(["80", "80/tcp", "53/UDP", "0/sctp"]) == (Port(80), Port(53, "udp"), Port(0, "sctp"))


def test_zeros_may_lead_a_port_however_many():
    zeros = "0" * 5000
    assert parse_exposed([f"{zeros}80"]) == (Port(80),)
    assert parse_bindings({f"{zeros}80/tcp": (HostPort("", f"{zeros}8080"),)}) == (PortBinding(80, "tcp", "", 8080),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x/tcp", "invalid JSON: invalid port 'x': invalid syntax"),
        ("19039;1230", "invalid JSON: invalid port '19039;1230': invalid syntax"),
        ("-1/tcp", "invalid JSON: invalid port '-1': invalid syntax"),
        ("²/tcp", "invalid JSON: invalid port '²': invalid syntax"),
        ("70000/tcp", "invalid JSON: invalid port '70000': value out of range"),
        ("9" * 5000, f"invalid JSON: invalid port '{'9' * 5000}': value out of range"),
        ("/tcp", "invalid JSON: invalid port '': value is empty"),
        ("", "invalid JSON: invalid port: value is empty"),
        ("80/icmp", 'invalid port specification: "80/icmp"'),
    ],
)
def test_what_is_no_port_is_refused_in_dockers_words(text, sentence):
    with pytest.raises(InvalidArgument) as refused:
        parse_port(text)
    assert refused.value.message == sentence


@pytest.mark.parametrize("text", ["aa80", "80-", "-80", "80-79", "1-2-3", "65536", "1-65536", " 80", "٣"])
def test_host_ports_that_are_none_are_refused(text):
    with pytest.raises(InvalidArgument) as refused:
        parse_bindings({"80/tcp": (HostPort("", text),)})
    assert refused.value.message == f'invalid port specification: "{text}"'


@pytest.mark.parametrize("text", ["nonsense", "[::1]", "1.2.3", "1.2.3.4/8", "localhost", "fe80::1%eth0"])
def test_host_addresses_that_are_none_are_refused(text):
    with pytest.raises(InvalidArgument) as refused:
        parse_bindings({"80/tcp": (HostPort(text, "80"),)})
    assert refused.value.message == f'invalid JSON: ParseAddr("{text}"): unable to parse IP'


def test_a_port_no_program_can_listen_on_is_not_published():
    with pytest.raises(InvalidArgument, match='invalid port specification: "0/tcp"'):
        parse_bindings({"0/tcp": (HostPort("", "8080"),)})
