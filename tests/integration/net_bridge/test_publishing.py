"""Published ports beyond the contract: other hosts, the clients' addresses, the IPv6 loopback, SCTP."""

import socket
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from sdk.drivers.network import PortBinding, Sandbox
from sdk.testing.contracts.network import Bench, inside, reaches, serving

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

EVERYWHERE6 = "fd00:30::/64"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.mark.usefixtures("bridge_filter")
async def test_a_published_port_answers_its_own_container_and_neighbours(bench: Bench) -> None:
    network = await bench.network()
    sandbox, _ = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    neighbour, _ = await bench.connect(network, 6)
    with serving(sandbox, 7000):
        for place in (sandbox, neighbour):
            with inside(place):
                assert reaches("172.30.0.1", 18080)


@pytest.mark.usefixtures("bridge_filter")
async def test_the_ipv6_loopback_answers_by_the_kernel_or_where_br_netfilter_is_in_the_way_by_the_relay(bench: Bench) -> None:
    networks = [await bench.network(number, subnet6=f"fd00:3{number}::/64") for number in (1, 2)]
    one, _ = await bench.connect(networks[0], 5, PortBinding(7000, host_port=18081))
    two, _ = await bench.connect(networks[1], 5, PortBinding(7000, host_ip="::1", host_port=18082))
    with serving(one, 7000), serving(two, 7000):
        for port in (18081, 18082):
            assert await anyio.to_thread.run_sync(reaches, "::1", port)
        with pytest.raises(ConnectionRefusedError):
            reaches("fd00:32::1", 18082)


async def test_a_remote_host_reaches_published_ports_only(bench: Bench, remote: Sandbox) -> None:
    """It even routes the container's subnets by us."""
    network = await bench.network(subnet6=EVERYWHERE6)
    sandbox, _ = await bench.connect(
        network, 5, PortBinding(7000, host_port=18080), PortBinding(7000, host_ip="127.0.0.1", host_port=18081)
    )
    with serving(sandbox, 7000), inside(remote):
        for host, container in (("192.0.2.1", "172.30.0.5"), ("fd00:2::1", "fd00:30::5")):
            assert reaches(host, 18080)
            assert not reaches(container, 7000, timeout=0.3)
            with pytest.raises(ConnectionRefusedError):
                reaches(host, 18081)
    with serving(remote, 7001), inside(sandbox):
        assert reaches("192.0.2.2", 7001), "the way out is masqueraded"
        assert reaches("fd00:2::2", 7001)


@pytest.mark.parametrize("host_ip", ["127.0.0.1", "127.0.0.2", ""])
async def test_a_remote_host_does_not_reach_the_loopback(bench: Bench, remote: Sandbox, host_ip: str) -> None:
    """It routes loopback addresses by us: the kernel drops such packets only once it is known that they stay on this host."""
    sandbox, _ = await bench.connect(await bench.network(), 5, PortBinding(7000, host_ip=host_ip, host_port=18080))
    address = host_ip or "127.0.0.3"
    with serving(sandbox, 7000):
        with inside(remote):
            ip("link", "set", "lo", "down")
            ip("route", "add", f"{address}/32", "via", "192.0.2.1")
            Path("/proc/sys/net/ipv4/conf/all/route_localnet").write_text("1")
            with suppress(OSError):
                assert not reaches(address, 18080, timeout=0.3)
        assert reaches(address, 18080)


async def test_servers_see_who_their_clients_are(bench: Bench, remote: Sandbox) -> None:
    network = await bench.network(1, subnet6=EVERYWHERE6)
    sandbox, _ = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    stranger, _ = await bench.connect(await bench.network(2), 5)
    with inside(sandbox):
        server = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True)
    with server:
        for place, host, seen in (
            (remote, "192.0.2.1", "::ffff:192.0.2.2"),
            (remote, "fd00:2::1", "fd00:2::2"),
            (stranger, "172.30.1.1", "::ffff:172.30.1.1"),  # masqueraded, as all that leaves a network
        ):
            with inside(place):
                client = socket.create_connection((host, 18080), 2)
            accepted, address = server.accept()
            with client, accepted:
                assert address[0] == seen


async def test_sctp_is_redirected(bench: Bench, remote: Sandbox) -> None:
    """By messages made by hand: few kernels have sockets for it."""
    sandbox, endpoint = await bench.connect(await bench.network(), 5, PortBinding(7000, "sctp", host_port=18080))
    assert endpoint.ports == (PortBinding(7000, "sctp", "0.0.0.0", 18080),)
    with inside(sandbox):
        server = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_SCTP)
    with inside(remote):
        client = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_SCTP)
    with server, client:
        server.settimeout(20)
        client.sendto(_sctp_init(40000, 18080), ("192.0.2.1", 0))
        packet, sender = server.recvfrom(256)
        assert sender[0] == "192.0.2.2"
        assert struct.unpack_from(">HH", packet, 20) == (40000, 7000)


def _sctp_init(source: int, destination: int) -> bytes:
    """Return an INIT (RFC 9260 3.3.2) with its checksum."""
    chunk = struct.pack(">BBHIIHHI", 1, 0, 20, 1, 65536, 1, 1, 1)
    unsummed = struct.pack(">HHII", source, destination, 0, 0) + chunk
    return unsummed[:8] + struct.pack("<I", _crc32c(unsummed)) + unsummed[12:]


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
