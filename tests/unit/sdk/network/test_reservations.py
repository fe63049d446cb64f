import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from sdk.drivers.network import PortBinding
from sdk.errors import InvalidArgument, PortAllocated, ResourceExhausted
from sdk.network import reservations as reservations_module
from sdk.network.reservations import Reservations, host_addresses

LOOPBACK = (IPv4Address("127.0.0.1"),)
ANY = IPv4Address(0)


@pytest.fixture
def reservations() -> Iterator[Reservations]:
    held = Reservations()
    yield held
    held.close()


@contextmanager
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with listener() as port:
        return port


def test_a_reserved_port_refuses_connections_and_other_servers(reservations: Reservations):
    (binding,) = reservations.reserve("e", "c (e)", [(PortBinding(80), LOOPBACK)])
    assert (binding.host_ip, binding.host_port_end) == ("127.0.0.1", 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", binding.host_port), 1)
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", binding.host_port))
    reservations.release("e")
    socket.create_server(("127.0.0.1", binding.host_port)).close()


def test_a_taken_port_is_told_in_dockers_words_and_nothing_stays_reserved(reservations: Reservations):
    free = free_port()
    with listener() as taken:
        wanted = [(PortBinding(1, host_port=free), LOOPBACK), (PortBinding(2, host_port=taken), LOOPBACK)]
        with pytest.raises(PortAllocated, match=rf"endpoint c \(e\): Bind for 127\.0\.0\.1:{taken} failed"):
            reservations.reserve("e", "c (e)", wanted)
    socket.create_server(("127.0.0.1", free)).close()


def test_ports_of_a_range_are_used_up_in_order(reservations: Reservations):
    first = free_port()
    request = PortBinding(80, host_port=first, host_port_end=first + 1)
    assert reservations.reserve("a", "a", [(request, LOOPBACK)])[0].host_port == first
    assert reservations.reserve("b", "b", [(request, LOOPBACK)])[0].host_port == first + 1
    with pytest.raises(ResourceExhausted, match="all ports are allocated"):
        reservations.reserve("c", "c", [(request, LOOPBACK)])


def test_connections_that_linger_do_not_block_a_port(reservations: Reservations):
    with listener() as port:
        pass
    server = socket.create_server(("127.0.0.1", port))
    client = socket.create_connection(("127.0.0.1", port))
    accepted, _ = server.accept()
    for end in (accepted, client, server):  # the server's side closes first and is left in TIME-WAIT
        end.close()
    with socket.socket() as strict, pytest.raises(OSError, match="in use"):
        strict.bind(("127.0.0.1", port))
    assert reservations.reserve("e", "e", [(PortBinding(80, host_port=port), LOOPBACK)])[0].host_port == port


def test_tcp_and_udp_are_apart(reservations: Reservations):
    port = free_port()
    wanted = [(PortBinding(80, protocol, host_port=port), LOOPBACK) for protocol in ("tcp", "udp")]
    assert [binding.protocol for binding in reservations.reserve("e", "e", wanted)] == ["tcp", "udp"]


def test_an_address_the_host_does_not_have(reservations: Reservations):
    with pytest.raises(InvalidArgument, match="cannot assign requested address"):
        reservations.reserve("e", "e", [(PortBinding(80, host_port=8080), (IPv4Address("192.0.2.77"),))])
    with pytest.raises(InvalidArgument, match=r"failed to bind host port for \[ff02::1\]:8080/tcp"):
        reservations.reserve("e", "e", [(PortBinding(80, host_port=8080), (IPv6Address("ff02::1"),))])
    with pytest.raises(InvalidArgument, match="invalid transport protocol"):
        reservations.reserve("e", "e", [(PortBinding(80, "carrier-pigeon"), LOOPBACK)])


def test_host_addresses():
    four, both = frozenset({4}), frozenset({4, 6})
    assert host_addresses(PortBinding(80), ANY, four) == (ANY,)
    assert host_addresses(PortBinding(80), ANY, both) == (ANY, IPv6Address(0))
    assert host_addresses(PortBinding(80), LOOPBACK[0], both) == LOOPBACK
    assert host_addresses(PortBinding(80, host_ip="::"), ANY, four) == ()
    assert host_addresses(PortBinding(80, host_ip="::1"), ANY, both) == (IPv6Address("::1"),)
    with pytest.raises(InvalidArgument, match="invalid IP address: here"):
        host_addresses(PortBinding(80, host_ip="here"), ANY, both)
    assert host_addresses(PortBinding(80, host_ip="::ffff:127.0.0.1"), ANY, four) == LOOPBACK


def test_ipv6_addresses_of_the_host_are_for_containers_with_ipv4_only_where_clients_are_relayed():
    four = frozenset({4})
    assert host_addresses(PortBinding(80), ANY, four, relayed=True) == (ANY, IPv6Address(0))
    assert host_addresses(PortBinding(80, "udp", host_ip="::1"), ANY, four, relayed=True) == (IPv6Address("::1"),)
    assert host_addresses(PortBinding(80), LOOPBACK[0], four, relayed=True) == LOOPBACK
    assert host_addresses(PortBinding(80, "sctp"), ANY, four, relayed=True) == (ANY,)
    assert host_addresses(PortBinding(80), ANY, frozenset({6}), relayed=True) == (IPv6Address(0),)


def test_named_ports_come_before_ranges_and_those_before_any(reservations: Reservations):
    """The choices of one container leave its own names free; the bindings keep the order they were asked for in."""
    first = free_port()
    reservations._next_random = first
    wanted = [
        PortBinding(1),
        PortBinding(2, host_port=first, host_port_end=first + 3),
        PortBinding(3, host_port=first, host_port_end=first + 1),
        PortBinding(4, host_port=first),
    ]
    made = reservations.reserve("e", "e", [(request, LOOPBACK) for request in wanted])
    assert [binding.container_port for binding in made] == [1, 2, 3, 4]
    assert [binding.host_port for binding in made] == [first + 3, first + 2, first + 1, first]


def test_what_differs_in_the_hosts_address_alone_gets_one_number(reservations: Reservations):
    six = (IPv6Address("::1"),)
    wanted = [(PortBinding(80, host_ip="127.0.0.1"), LOOPBACK), (PortBinding(80, host_ip="::1"), six), (PortBinding(81), LOOPBACK)]
    one, other, third = reservations.reserve("e", "e", wanted)
    assert one.host_port == other.host_port != third.host_port
    twice = reservations.reserve("f", "f", [(PortBinding(80), LOOPBACK), (PortBinding(80), LOOPBACK)])
    assert twice[0].host_port != twice[1].host_port


def test_a_number_that_one_address_has_taken_is_free_on_none(reservations: Reservations):
    both = (*LOOPBACK, IPv6Address("::1"))
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        taken = server.getsockname()[1]
        with pytest.raises(PortAllocated, match=rf"Bind for ::1:{taken} failed"):
            reservations.reserve("e", "e", [(PortBinding(80, host_port=taken), both)])
    assert reservations.sockets("e") == []
    socket.create_server(("127.0.0.1", taken)).close()


def test_any_port_is_one_the_host_gives_to_programs_that_do_not_mind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "range"
    monkeypatch.setattr(reservations_module, "_LOCAL_RANGE", str(file))
    for text, expected in (("40000\t40001\n", (40000, 40001)), ("", (32768, 60999)), ("9 8", (32768, 60999))):
        file.write_text(text)
        held = Reservations()
        assert (held._first, held._last) == expected
    file.write_text("40000 40001")
    held = Reservations()
    ports = [next(iter(held._candidates(PortBinding(80)))) for _ in range(3)]
    assert ports == [40000, 40001, 40000]
