"""Clients by IPv6 of ports that containers with IPv4 only publish: passed on by a program that runs once there is one."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
import pytest

from plugins.net_bridge.plugin import open_driver
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import PortBinding, Sandbox
from sdk.testing.context import plugin_context
from sdk.testing.contracts.network import Bench, inside, reaches, serving

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

PATIENCE = 20.0
MEGABYTES = 8


def relays() -> list[int]:
    """Return the pids of this process' relays."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal() and _is_relay(entry)]


def _is_relay(entry: Path) -> bool:
    try:
        command, status = (entry / "cmdline").read_bytes(), (entry / "stat").read_text()
    except OSError:
        return False
    fields = status.rpartition(")")[2].split()
    return b"relay_program" in command and int(fields[1]) == os.getpid() and fields[0] != "Z"


async def answers(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    return await anyio.to_thread.run_sync(reaches, host, port, kind, PATIENCE)


@contextmanager
def handling(sandbox: Sandbox, port: int) -> Iterator[None]:
    """Run a server that reads all a client sends and then sends it back."""
    with inside(sandbox):
        server = socket.create_server(("0.0.0.0", port))

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # a client may go before it has read all
            connection.sendall(_all_of(connection))

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        server.close()


def _all_of(connection: socket.socket) -> bytes:
    data = bytearray()
    while piece := connection.recv(1 << 16):
        data += piece
    return bytes(data)


def _sent_back(host: str, port: int, data: bytes) -> bytes:
    with socket.create_connection((host, port), PATIENCE) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return _all_of(client)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
async def test_a_port_answers_at_every_address_of_the_host(bench: Bench, remote: Sandbox, kind: socket.SocketKind) -> None:
    protocol = "tcp" if kind == socket.SOCK_STREAM else "udp"
    sandbox, endpoint = await bench.connect(await bench.network(), 5, PortBinding(7000, protocol, host_port=18080))
    assert [port.host_ip for port in endpoint.ports] == ["0.0.0.0", "::"]
    with serving(sandbox, 7000, kind):
        assert await answers("127.0.0.1", 18080, kind)
        assert relays() == [], "a client by IPv4 needs no relay"
        for host in ("::1", "fd00:2::1"):
            assert await answers(host, 18080, kind)

        def from_elsewhere() -> bool:
            with inside(remote):
                return reaches("fd00:2::1", 18080, kind)

        assert await anyio.to_thread.run_sync(from_elsewhere)
    assert len(relays()) == 1


async def test_an_ipv6_address_that_was_asked_for_is_the_only_one(bench: Bench, remote: Sandbox) -> None:
    wanted = (PortBinding(7000, host_ip="::1", host_port=18081), PortBinding(7000, host_ip="::", host_port=18082))
    sandbox, endpoint = await bench.connect(await bench.network(), 5, *wanted)
    assert [(port.host_ip, port.host_port) for port in endpoint.ports] == [("::1", 18081), ("::", 18082)]
    with serving(sandbox, 7000):
        assert await answers("::1", 18081)
        assert await answers("::1", 18082)
        assert await answers("fd00:2::1", 18082)
        for host, port in (("127.0.0.1", 18081), ("fd00:2::1", 18081), ("127.0.0.1", 18082)):
            with pytest.raises(ConnectionRefusedError):
                await answers(host, port)


async def test_all_bytes_arrive_in_both_directions_also_after_the_client_has_ended_its_own(bench: Bench) -> None:
    sandbox, _ = await bench.connect(await bench.network(), 5, PortBinding(7000, host_port=18080))
    data = os.urandom(1 << 20) * MEGABYTES
    results = []

    async def exchange() -> None:
        results.append(await anyio.to_thread.run_sync(_sent_back, "::1", 18080, data))

    def ask_without_reading() -> socket.socket:
        client = socket.create_connection(("::1", 18080), PATIENCE)
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return client

    with handling(sandbox, 7000), await anyio.to_thread.run_sync(ask_without_reading):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(exchange)
    assert all(result == data for result in results)


async def test_a_port_without_a_server_ends_the_connection(bench: Bench) -> None:
    await bench.connect(await bench.network(), 5, PortBinding(7000, host_port=18080))

    def ask() -> bytes:
        with socket.create_connection(("::1", 18080), PATIENCE) as client:
            return client.recv(1)

    with pytest.raises(ConnectionResetError):
        await anyio.to_thread.run_sync(ask)


async def test_a_containers_end_ends_its_connections_and_frees_the_port_at_once(bench: Bench) -> None:
    network = await bench.network()
    sandbox, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    other, _ = await bench.connect(network, 6, PortBinding(7000, host_port=18090))
    with handling(sandbox, 7000), serving(other, 7000):
        client = await anyio.to_thread.run_sync(lambda: socket.create_connection(("::1", 18080), PATIENCE))
        await anyio.to_thread.run_sync(client.sendall, b"begun")
        assert await answers("::1", 18090)
        await bench.end(endpoint)
        with client, pytest.raises(ConnectionResetError):
            await anyio.to_thread.run_sync(client.recv, 1)
        successor, _ = await bench.connect(network, 7, PortBinding(7000, host_port=18080))
        with serving(successor, 7000):
            assert await answers("::1", 18080)


async def test_the_relay_ends_with_the_last_container_that_needs_it(bench: Bench) -> None:
    sandbox, endpoint = await bench.connect(await bench.network(), 5, PortBinding(7000, host_port=18080))
    with serving(sandbox, 7000):
        assert await answers("::1", 18080)
    assert len(relays()) == 1
    await bench.end(endpoint)
    assert relays() == []


async def test_a_relay_that_was_killed_starts_anew_with_the_next_client(bench: Bench) -> None:
    network = await bench.network()
    sandbox, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    with serving(sandbox, 7000):
        assert await answers("::1", 18080)
        (pid,) = relays()
        os.kill(pid, signal.SIGKILL)
        assert await answers("::1", 18080)
        assert relays() not in ([], [pid])
        os.kill(relays()[0], signal.SIGSTOP)  # one that hangs is ended as well
        await bench.end(endpoint)
        again, _ = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
        with serving(again, 7000):
            assert await answers("::1", 18080)


async def test_the_next_daemon_listens_at_once_though_connections_to_the_last_one_linger(tmp_path: Path) -> None:
    context = plugin_context("net_bridge", tmp_path)
    async with open_driver(context, BridgeSettings()) as driver:
        bench = Bench(driver)
        network = await bench.network()
        sandbox, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
        place = os.open(sandbox.path, os.O_RDONLY)
        living = Sandbox(f"/proc/self/fd/{place}")
        with serving(living, 7000):
            assert await answers("::1", 18080)
            client = await anyio.to_thread.run_sync(lambda: socket.create_connection(("::1", 18080), PATIENCE))
    client.close()
    async with open_driver(context, BridgeSettings()) as driver:
        await driver.restore([network], [(endpoint, living)])
        with serving(living, 7000):
            assert await answers("::1", 18080)
        await driver.disconnect(network, endpoint, None)
        await driver.remove_network(network)
    os.close(place)


async def test_without_the_relay_such_ports_are_left_out_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_driver(plugin_context("net_bridge", tmp_path), BridgeSettings(userland_proxy=False)) as driver:
        bench = Bench(driver)
        with caplog.at_level(logging.WARNING):
            _, endpoint = await bench.connect(
                await bench.network(), 5, PortBinding(7000, host_port=18080), PortBinding(7000, host_ip="::1", host_port=18081)
            )
        assert [(port.host_ip, port.host_port) for port in endpoint.ports] == [("0.0.0.0", 18080)]
        assert "is not published on ::1" in caplog.text
        await bench.clear()
