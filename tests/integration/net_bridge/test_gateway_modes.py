"""Gateway modes: who reaches a container from another host, and by which address."""

import socket
from collections.abc import Mapping
from contextlib import suppress

import pytest

from sdk.drivers.network import PortBinding, PortPublisher, Sandbox
from sdk.testing.contracts.network import Bench, inside, reaches, reaches_soon, serving

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

SUBNET6 = "fd00:30::/64"
FOUR, SIX = "172.30.0.5", "fd00:30::5"
HOST4, HOST6 = "192.0.2.1", "fd00:2::1"


def modes(four: str, six: str = "") -> Mapping[str, str]:
    prefix = "com.docker.network.bridge.gateway_mode_ipv"
    return {f"{prefix}4": four, f"{prefix}6": six or four}


def refused(host: str, port: int) -> bool:
    try:
        return not reaches(host, port, timeout=0.3)
    except ConnectionRefusedError:
        return True


def pings(address: str, timeout: float = 20) -> bool:
    """Tell whether a host answers an echo request (RFC 792 and RFC 4443)."""
    six = ":" in address
    family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    with socket.socket(family, socket.SOCK_RAW, protocol) as raw:
        raw.settimeout(timeout)
        raw.sendto(b"\x80\0\0\0\0\x07\0\x01" if six else b"\x08\0\xf7\xf7\0\x07\0\x01", (address, 0))
        with suppress(TimeoutError):
            while True:
                _, sender = raw.recvfrom(256)
                if sender[0] == address:
                    return True
    return False


async def test_a_routed_port_answers_at_the_containers_own_address_and_no_port_of_the_host_leads_to_it(
    bench: Bench, remote: Sandbox
) -> None:
    network = await bench.network(subnet6=SUBNET6, options=modes("routed"))
    sandbox, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    assert endpoint.ports == (
        PortBinding(7000, "tcp", "0.0.0.0", 18080, routed=True),
        PortBinding(7000, "tcp", "::", 18080, routed=True),
    )
    with serving(sandbox, 7000), serving(sandbox, 7001), inside(remote):
        for address in (FOUR, SIX):
            assert reaches_soon(address, 7000)
            assert not reaches(address, 7001, timeout=0.3)
            assert pings(address)
        assert refused(HOST4, 18080)
        assert refused(HOST6, 18080)
    assert "open port 172.30.0.5:7000/tcp" in await bench.driver.audit()


async def test_what_leaves_a_routed_network_keeps_its_address(bench: Bench, remote: Sandbox) -> None:
    network = await bench.network(subnet6=SUBNET6, options=modes("routed", "nat"))
    sandbox, _ = await bench.connect(network, 5)
    with inside(remote):
        server = socket.create_server(("::", 7001), family=socket.AF_INET6, dualstack_ipv6=True)
    with server:
        server.settimeout(20)
        for address, seen in (("192.0.2.2", f"::ffff:{FOUR}"), ("fd00:2::2", HOST6)):
            with inside(sandbox):
                client = socket.create_connection((address, 7001), 20)
            accepted, sender = server.accept()
            with client, accepted:
                assert sender[0] == seen


async def test_one_ip_version_may_be_routed_and_the_other_not(bench: Bench, remote: Sandbox) -> None:
    network = await bench.network(subnet6=SUBNET6, options=modes("routed", "nat"))
    sandbox, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    assert endpoint.ports == (
        PortBinding(7000, "tcp", "::", 18080),
        PortBinding(7000, "tcp", "0.0.0.0", 18080, routed=True),
    )
    with serving(sandbox, 7000), inside(remote):
        assert reaches_soon(FOUR, 7000)
        assert reaches_soon(HOST6, 18080)
        assert refused(HOST4, 18080)
        assert not reaches(SIX, 7000, timeout=0.3)
        assert not pings(SIX, timeout=0.5)


async def test_an_unprotected_network_is_open_to_whoever_has_a_route_and_its_ports_are_published_too(
    bench: Bench, remote: Sandbox
) -> None:
    network = await bench.network(subnet6=SUBNET6, options=modes("nat-unprotected"))
    sandbox, _ = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    with serving(sandbox, 7000), serving(sandbox, 7001), inside(remote):
        for address in (FOUR, SIX):
            assert reaches_soon(address, 7001)
            assert pings(address)
        for host in (HOST4, HOST6):
            assert reaches_soon(host, 18080)
    with serving(remote, 7002), inside(sandbox):
        assert reaches_soon("192.0.2.2", 7002), "the way out is masqueraded"


async def test_two_containers_of_a_routed_network_may_publish_one_port(bench: Bench, remote: Sandbox) -> None:
    network = await bench.network(options=modes("routed"))
    one, first = await bench.connect(network, 5, PortBinding(7000, host_port=18080), PortBinding(7000, host_port=18081))
    two, _ = await bench.connect(network, 6, PortBinding(7000, host_port=18080))
    with serving(one, 7000), serving(two, 7000):
        with inside(remote):
            assert reaches_soon(FOUR, 7000)
            assert reaches_soon("172.30.0.6", 7000)
        assert isinstance(bench.driver, PortPublisher)
        await bench.driver.publish(network, first, ())
        with inside(remote):
            assert not reaches(FOUR, 7000, timeout=0.3)
            assert reaches_soon("172.30.0.6", 7000)


async def test_ports_are_open_again_after_a_restart_and_keep_what_was_asked_for_when_they_move(
    bench: Bench, remote: Sandbox
) -> None:
    routed, translated = await bench.network(0, options=modes("routed")), await bench.network(1)
    sandbox, endpoint = await bench.connect(routed, 5, PortBinding(7000, host_port=18080))
    await bench.driver.restore([routed, translated], [(endpoint, sandbox)])
    with serving(sandbox, 7000):
        with inside(remote):
            assert reaches_soon(FOUR, 7000)
        _, other = await bench.connect(translated, 6, sandbox=sandbox, default_route=False)
        assert isinstance(bench.driver, PortPublisher)
        moved = await bench.driver.publish(translated, other, endpoint.ports)
        bench.live[other.id] = (translated, moved, sandbox)
        assert moved.ports == (PortBinding(7000, "tcp", "0.0.0.0", 18080),)


async def test_no_port_of_an_internal_network_is_open(bench: Bench, remote: Sandbox) -> None:
    network = await bench.network(options=modes("nat-unprotected"), internal=True)
    sandbox, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    assert endpoint.ports == ()
    with serving(sandbox, 7000), inside(remote):
        assert not reaches(FOUR, 7000, timeout=0.3)
