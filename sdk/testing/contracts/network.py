"""The contract every network driver keeps.

Subclass `NetworkDriverContract` in a test module that runs in a network namespace of its own (`sdk.testing.netns.private_network`)
and give it the fixture `open_driver`: called, it opens the driver for an instance token and yields it. Leaving the block must look to
the kernel like the daemon's death: whatever the driver's process alone holds goes, everything else stays.

A driver whose networks need preparation or options overrides the fixture `prepare`; one that cannot do everything says so by `lacks`,
and the cases that need it are skipped with its name.
"""

import errno
import fcntl
import os
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_interface, ip_network

import anyio
import pytest

from sdk.drivers.network import Endpoint, EndpointSpec, ExternalNetworks, NetworkDriver, NetworkSpec, PortBinding, Sandbox, Subnet
from sdk.errors import InvalidArgument, PortAllocated
from sdk.linux.namespaces import CLONE_NEWNET, setns
from sdk.version import asynchronous

OpenDriver = Callable[[], AbstractAsyncContextManager[NetworkDriver]]
Prepare = Callable[[NetworkSpec], Mapping[str, str]]
"""Do what an administrator does before a network can be created; return the options to create it with."""


class Feature(StrEnum):
    """What not every network can do by its nature."""

    HOST = "the host and containers reach each other"
    PORTS = "ports are published on the host"
    ISOLATION = "networks are isolated from each other"
    INTERNAL = "networks can be internal"
    IPV6 = "networks have IPv6 addresses"


needs = pytest.mark.needs
"""Mark of a case that needs a feature."""

_PATIENCE = 20.0
_SIOCGIFHWADDR = 0x8927
_REPLY = b"pong"


@contextmanager
def inside(sandbox: Sandbox) -> Iterator[None]:
    """Move the calling thread into a sandbox until the block ends."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(sandbox.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(there, CLONE_NEWNET)
        yield
    finally:
        setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)


def _echo(server: socket.socket) -> None:
    """Answer every client until the socket is closed."""
    with server:
        while True:
            try:
                if server.type == socket.SOCK_DGRAM:
                    _, client = server.recvfrom(64)
                    server.sendto(_REPLY, client)
                else:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(_REPLY)
            except OSError:
                return


@contextmanager
def serving(sandbox: Sandbox, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[None]:
    """Run a server in a sandbox on every address."""
    with inside(sandbox):
        server = socket.socket(socket.AF_INET6, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        server.listen()
    thread = threading.Thread(target=_echo, args=(server,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR) if kind == socket.SOCK_STREAM else _wake(sandbox, port, server)
        thread.join()


def _wake(sandbox: Sandbox, port: int, server: socket.socket) -> None:
    server.settimeout(0)
    with inside(sandbox), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"", ("127.0.0.1", port))


def mac_of(interface: str) -> str:
    """Return the MAC address of an interface in the calling thread's namespace."""
    request = struct.pack("16s24x", interface.encode())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        return fcntl.ioctl(control, _SIOCGIFHWADDR, request)[18:24].hex(":")


def bind_to(address: str, interface: str) -> None:
    """Bind a socket to an address, which an interface of the calling thread's namespace must have. Raises OSError."""
    version6 = ":" in address
    place = (address, 0, 0, socket.if_nametoindex(interface)) if version6 else (address, 0)
    with socket.socket(socket.AF_INET6 if version6 else socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(place)


def reaches(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM, timeout: float = 20) -> bool:
    """Say whether a server answers there, as seen from the calling thread's namespace. Raises ConnectionRefusedError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as client:
        client.settimeout(timeout)
        try:
            client.connect((host, port))
            if kind == socket.SOCK_DGRAM:
                client.send(b"ping")
            answered = client.recv(64) == _REPLY
            if kind == socket.SOCK_STREAM:
                client.recv(1)  # the server's end as well: a connection cut before it would keep the sandbox alive for seconds
            return answered
        except TimeoutError:
            return False


def reaches_soon(host: str, port: int) -> bool:
    """Say whether a server answers there before long: new IPv6 addresses may still be checked for duplicates (RFC 4862, 5.4)."""
    deadline = time.monotonic() + _PATIENCE
    while not (reached := reaches(host, port, timeout=0.2)) and time.monotonic() < deadline:
        pass
    return reached


@dataclass
class Bench:
    """An open driver and what the test made with it."""

    driver: NetworkDriver
    prepare: Prepare = field(default=lambda _network: {})
    networks: list[NetworkSpec] = field(default_factory=list)
    live: dict[str, tuple[NetworkSpec, Endpoint, Sandbox]] = field(default_factory=dict)

    async def network(
        self, number: int = 0, *, subnet6: str = "", options: Mapping[str, str] | None = None, internal: bool = False
    ) -> NetworkSpec:
        """Create a network with the subnet 172.30.<number>.0/24."""
        cidrs: list[IPv4Network | IPv6Network] = [IPv4Network(f"172.30.{number}.0/24"), *([ip_network(subnet6)] if subnet6 else [])]
        subnets = tuple(Subnet(cidr, cidr[1]) for cidr in cidrs)
        network = NetworkSpec(
            f"{number:02d}" + "c0ffee" * 10 + "00", f"net{number}", subnets, options or {}, internal, bool(subnet6)
        )
        network = replace(network, options={**network.options, **self.prepare(network)})
        await self.driver.create_network(network)
        self.networks.append(network)
        return network

    async def connect(
        self, network: NetworkSpec, host: int, *ports: PortBinding, sandbox: Sandbox | None = None, **spec: object
    ) -> tuple[Sandbox, Endpoint]:
        """Connect a container with the host-th address of each of the network's subnets."""
        addresses: tuple[IPv4Interface | IPv6Interface, ...] = tuple(
            ip_interface(f"{subnet.cidr[host]}/{subnet.cidr.prefixlen}") for subnet in network.subnets
        )
        wanted = EndpointSpec(f"{network.name}-{host}", f"container{host}", addresses, ports=ports)
        wanted = replace(wanted, **spec) if spec else wanted  # type: ignore[arg-type]
        sandbox, endpoint = await self.driver.connect(network, wanted, sandbox)
        self.live[endpoint.id] = (network, endpoint, sandbox)
        return sandbox, endpoint

    async def end(self, endpoint: Endpoint) -> None:
        """Do what the engine does when a container has ended."""
        network, endpoint, sandbox = self.live.pop(endpoint.id)
        await self.driver.disconnect(network, endpoint, None)
        await self.driver.release(sandbox)

    async def clear(self) -> None:
        """End everything and check that nothing is left of it."""
        for _, endpoint, _ in list(self.live.values()):
            await self.end(endpoint)
        for network in self.networks:
            await self.driver.remove_network(network)
        await self.nothing_left()

    async def nothing_left(self) -> None:
        """Wait for the kernel's slow teardown to leave an empty audit."""
        await self.only(set())

    async def only(self, expected: set[str]) -> None:
        """Wait for the kernel's slow teardown to leave nothing else in the audit."""
        deadline = time.monotonic() + _PATIENCE
        while left := set(await self.driver.audit()) - expected:
            assert time.monotonic() < deadline, left
            await anyio.sleep(0.05)


async def _is_secluded(driver: NetworkDriver, network: NetworkSpec) -> bool:
    return isinstance(driver, ExternalNetworks) and bool(await asynchronous("is_secluded", driver.is_secluded)(network.options))


@contextmanager
def _unreachable_allowed() -> Iterator[None]:
    """A container without a way out is told so by the kernel."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENETUNREACH:
            raise


class NetworkDriverContract:
    """Cases read as the specification of `sdk.drivers.network.NetworkDriver`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    lacks: frozenset[Feature] = frozenset()

    @pytest.fixture(autouse=True)
    def _possible(self, request: pytest.FixtureRequest) -> None:
        for mark in request.node.iter_markers("needs"):
            for feature in self.lacks & set(mark.args):
                pytest.skip(f"not with this driver: {feature}")

    @pytest.fixture
    def prepare(self) -> Prepare:
        return lambda _network: {}

    @pytest.fixture
    async def bench(self, open_driver: OpenDriver, prepare: Prepare) -> AsyncIterator[Bench]:
        async with open_driver() as driver:
            bench = Bench(driver, prepare)
            yield bench
            await bench.clear()

    @pytest.mark.anyio
    async def test_connect_gives_what_was_asked_for(self, bench: Bench) -> None:
        network = await bench.network()
        sandbox, endpoint = await bench.connect(network, 5)
        assert [str(address) for address in endpoint.addresses] == ["172.30.0.5/24"]
        assert [str(address) for address in endpoint.gateways] == (
            [] if await _is_secluded(bench.driver, network) else ["172.30.0.1"]
        )
        assert (endpoint.network_id, endpoint.container_id, endpoint.interface) == (network.id, "container5", "eth0")
        with inside(sandbox):
            assert {name for _, name in socket.if_nameindex()} >= {"lo", "eth0"}
            assert mac_of("eth0") == endpoint.mac_address

    @pytest.mark.anyio
    async def test_a_wished_mac_address_and_interface_name(self, bench: Bench) -> None:
        sandbox, endpoint = await bench.connect(await bench.network(), 5, mac_address="02:00:00:00:00:77", interface="lan")
        assert (endpoint.mac_address, endpoint.interface) == ("02:00:00:00:00:77", "lan")
        with inside(sandbox):
            assert mac_of("lan") == endpoint.mac_address

    @pytest.mark.anyio
    async def test_link_local_addresses_are_given_or_refused(self, bench: Bench) -> None:
        has_ipv6 = Feature.IPV6 not in self.lacks
        network = await bench.network(1, subnet6="fd00:30:1::/64" if has_ipv6 else "")
        wanted = tuple(map(ip_interface, ("169.254.7.7/16", *(["fe80::7:7/64"] if has_ipv6 else []))))
        try:
            sandbox, endpoint = await bench.connect(network, 2, link_local=wanted)
        except InvalidArgument:
            return
        assert not set(wanted) & set(endpoint.addresses)
        with inside(sandbox):
            for interface in wanted:
                bind_to(str(interface.ip), endpoint.interface)

    @pytest.mark.anyio
    async def test_containers_reach_each_other(self, bench: Bench) -> None:
        network = await bench.network()
        one, _ = await bench.connect(network, 5)
        two, _ = await bench.connect(network, 6)
        with serving(one, 7000), inside(two):
            assert reaches("172.30.0.5", 7000)

    @pytest.mark.anyio
    @needs(Feature.HOST)
    async def test_containers_and_host_reach_each_other(self, bench: Bench) -> None:
        network = await bench.network()
        one, _ = await bench.connect(network, 5)
        with serving(one, 7000):
            assert reaches("172.30.0.5", 7000)
        with inside(one), pytest.raises(ConnectionRefusedError):
            reaches("172.30.0.1", 7000)

    @pytest.mark.anyio
    @needs(Feature.ISOLATION)
    async def test_networks_are_isolated_from_each_other(self, bench: Bench) -> None:
        one, _ = await bench.connect(await bench.network(1), 5)
        two, _ = await bench.connect(await bench.network(2), 5)
        with serving(one, 7000), inside(two), _unreachable_allowed():
            assert not reaches("172.30.1.5", 7000, timeout=0.3)

    @pytest.mark.anyio
    @needs(Feature.PORTS)
    @pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
    async def test_a_published_port_answers_everywhere(self, bench: Bench, kind: socket.SocketKind) -> None:
        protocol = "tcp" if kind == socket.SOCK_STREAM else "udp"
        sandbox, endpoint = await bench.connect(await bench.network(1), 5, PortBinding(7000, protocol, host_port=18080))
        neighbour, _ = await bench.connect(bench.networks[0], 6)
        stranger, _ = await bench.connect(await bench.network(2), 5)
        assert endpoint.ports[0] == PortBinding(7000, protocol, "0.0.0.0", 18080)
        with serving(sandbox, 7000, kind):
            assert reaches("127.0.0.1", 18080, kind), "from the host's loopback"
            assert reaches("172.30.1.1", 18080, kind), "from the host by the bridge's address"
            for name, place in {"itself": sandbox, "its neighbour": neighbour, "another network": stranger}.items():
                with inside(place):
                    assert reaches("172.30.1.1", 18080, kind), f"from {name}"

    @pytest.mark.anyio
    @needs(Feature.PORTS)
    async def test_a_published_port_without_a_server_refuses(self, bench: Bench) -> None:
        await bench.connect(await bench.network(), 5, PortBinding(7000, host_port=18080))
        with pytest.raises(ConnectionRefusedError):
            reaches("127.0.0.1", 18080)

    @pytest.mark.anyio
    @needs(Feature.PORTS)
    async def test_a_port_published_on_one_address_answers_only_there(self, bench: Bench) -> None:
        sandbox, endpoint = await bench.connect(await bench.network(), 5, PortBinding(7000, host_ip="127.0.0.1", host_port=18080))
        assert endpoint.ports[0].host_ip == "127.0.0.1"
        with serving(sandbox, 7000):
            assert reaches("127.0.0.1", 18080)
            with pytest.raises(ConnectionRefusedError):
                reaches("172.30.0.1", 18080)

    @pytest.mark.anyio
    @needs(Feature.PORTS)
    async def test_free_ports_and_ranges_are_chosen(self, bench: Bench) -> None:
        network = await bench.network()
        _, one = await bench.connect(network, 5, PortBinding(80), PortBinding(81, host_port=18000, host_port_end=18001))
        _, two = await bench.connect(network, 6, PortBinding(80), PortBinding(81, host_port=18000, host_port_end=18001))
        free, chosen = ({port.container_port: port.host_port for port in endpoint.ports} for endpoint in (one, two))
        assert free[80] != chosen[80]
        assert all(32768 <= numbers[80] <= 60999 for numbers in (free, chosen))
        assert (free[81], chosen[81]) == (18000, 18001)

    @pytest.mark.anyio
    @needs(Feature.PORTS)
    async def test_a_taken_port_fails_and_leaves_nothing(self, bench: Bench) -> None:
        network = await bench.network()
        await bench.connect(network, 5, PortBinding(80, host_port=18080))
        before = set(await bench.driver.audit())
        with pytest.raises(PortAllocated, match=r"Bind for 0\.0\.0\.0:18080 failed: port is already allocated"):
            await bench.connect(network, 6, PortBinding(81, host_port=18081), PortBinding(80, host_port=18080))
        await bench.only(before)
        await bench.connect(network, 7, PortBinding(81, host_port=18081))

    @pytest.mark.anyio
    @needs(Feature.PORTS)
    async def test_a_port_another_program_listens_on_is_taken(self, bench: Bench) -> None:
        network = await bench.network()
        with socket.create_server(("0.0.0.0", 18080)), pytest.raises(PortAllocated):
            await bench.connect(network, 5, PortBinding(80, host_port=18080))
        _, endpoint = await bench.connect(network, 5, PortBinding(80, host_port=18080))
        with pytest.raises(OSError, match="in use"), socket.create_server(("0.0.0.0", 18080)):
            pass
        await bench.end(endpoint)
        socket.create_server(("0.0.0.0", 18080)).close()

    @pytest.mark.anyio
    async def test_ending_frees_address_and_ports_and_is_idempotent(self, bench: Bench) -> None:
        network = await bench.network()
        peer, _ = await bench.connect(network, 6)
        for _ in range(3):
            sandbox, endpoint = await bench.connect(network, 5, *self.port(7000, 18080))
            with serving(sandbox, 7000):
                self.check_port(18080)
                with inside(peer):
                    assert reaches("172.30.0.5", 7000)
            await bench.end(endpoint)
            await bench.driver.disconnect(network, endpoint, None)
            await bench.driver.release(sandbox)

    @pytest.mark.anyio
    async def test_a_second_network_joins_and_leaves_a_living_sandbox(self, bench: Bench) -> None:
        one, two = await bench.network(1), await bench.network(2)
        sandbox, _ = await bench.connect(one, 5)
        peers = [(await bench.connect(network, 6))[0] for network in (one, two)]
        _, second = await bench.connect(two, 5, *self.port(7000, 18080), sandbox=sandbox, default_route=False)
        assert second.interface == "eth1"
        with serving(sandbox, 7000):
            self.check_port(18080)
            with inside(peers[1]):
                assert reaches("172.30.2.5", 7000)
            await bench.driver.disconnect(two, second, sandbox)
            with inside(peers[0]):
                assert reaches("172.30.1.5", 7000)
        del bench.live[second.id]
        with inside(sandbox):
            assert "eth1" not in {name for _, name in socket.if_nameindex()}

    @pytest.mark.anyio
    @needs(Feature.INTERNAL)
    async def test_an_internal_network_leads_nowhere_else(self, bench: Bench) -> None:
        network = await bench.network(1, internal=True)
        one, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
        two, _ = await bench.connect(network, 6)
        assert (endpoint.gateways, endpoint.ports) == ((), ())
        with serving(one, 7000), inside(two):
            assert reaches("172.30.1.5", 7000)
        with inside(two), pytest.raises(OSError, match="unreachable"):
            reaches("192.0.2.1", 7000)

    @pytest.mark.anyio
    @needs(Feature.IPV6)
    async def test_ipv6(self, bench: Bench) -> None:
        network = await bench.network(subnet6="fd00:30::/64")
        sandbox, endpoint = await bench.connect(network, 5)
        peer, _ = await bench.connect(network, 6)
        assert [str(address) for address in endpoint.addresses] == ["172.30.0.5/24", "fd00:30::5/64"]
        with serving(sandbox, 7000), inside(peer):
            assert reaches_soon("fd00:30::5", 7000)

    @pytest.mark.anyio
    @needs(Feature.PORTS, Feature.IPV6)
    async def test_a_port_is_published_for_both_ip_versions(self, bench: Bench) -> None:
        network = await bench.network(subnet6="fd00:30::/64")
        sandbox, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
        peer, _ = await bench.connect(network, 6)
        assert endpoint.ports == (PortBinding(7000, "tcp", "0.0.0.0", 18080), PortBinding(7000, "tcp", "::", 18080))
        with serving(sandbox, 7000):
            assert reaches("127.0.0.1", 18080)
            assert reaches_soon("fd00:30::1", 18080)
            with inside(peer):
                assert reaches_soon("fd00:30::1", 18080)

    @pytest.mark.anyio
    async def test_create_network_is_idempotent(self, bench: Bench) -> None:
        network = await bench.network()
        sandbox, _ = await bench.connect(network, 5)
        peer, _ = await bench.connect(network, 6)
        await bench.driver.create_network(network)
        with serving(sandbox, 7000), inside(peer):
            assert reaches("172.30.0.5", 7000)

    @pytest.mark.anyio
    async def test_restore_after_the_daemons_death(self, open_driver: OpenDriver, prepare: Prepare) -> None:
        with ExitStack() as processes:
            async with open_driver() as driver:
                before = Bench(driver, prepare)
                kept, lost = await before.network(1), await before.network(2)
                sandbox, endpoint = await before.connect(kept, 5, *self.port(7000, 18080))
                await before.connect(lost, 5, *self.port(7000, 18081))
                # What a container's process does: refer to its namespace.
                fd = os.open(sandbox.path, os.O_RDONLY | os.O_CLOEXEC)
                processes.callback(os.close, fd)
            async with open_driver() as driver:
                after = Bench(driver, prepare, networks=[kept])
                living = Sandbox(f"/proc/{os.getpid()}/fd/{fd}")
                await driver.restore([kept], [(endpoint, living)])
                await self._check_restored_ports(after, kept, living)
                other, _ = await after.connect(kept, 8)
                with serving(living, 7000), inside(other):
                    assert reaches("172.30.1.5", 7000)
                after.live[endpoint.id] = (kept, endpoint, living)
                for _, ended, _ in list(after.live.values()):
                    await after.end(ended)
                processes.close()
                await driver.remove_network(kept)
                await after.nothing_left()

    async def _check_restored_ports(self, bench: Bench, network: NetworkSpec, living: Sandbox) -> None:
        with serving(living, 7000):
            self.check_port(18080)
        if Feature.PORTS not in self.lacks:
            socket.create_server(("0.0.0.0", 18081)).close()
            with pytest.raises(PortAllocated):
                await bench.connect(network, 7, PortBinding(80, host_port=18080))

    def port(self, container_port: int, host_port: int) -> tuple[PortBinding, ...]:
        """Return a port to publish, none where none can be."""
        return () if Feature.PORTS in self.lacks else (PortBinding(container_port, host_port=host_port),)

    def check_port(self, host_port: int) -> None:
        """Check that a published port answers, where there can be one."""
        assert Feature.PORTS in self.lacks or reaches("127.0.0.1", host_port)
