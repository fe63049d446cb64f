"""What net_bridge promises beyond the contract: it mends what others break, and it is quick."""

import logging
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

import anyio
import pytest

from plugins.net_bridge.kernel import namespaces
from plugins.net_bridge.kernel.namespaces import Namespace
from plugins.net_bridge.kernel.rtnetlink import RouteSocket
from plugins.net_bridge.kernel.veths import Port, Veth, Veths
from plugins.net_bridge.table.firewall import Firewall
from plugins.net_bridge.table.ruleset import BridgeRules
from sdk.drivers.network import Endpoint, NetworkSpec, PortBinding, PortLink, PortLinker, Sandbox, Subnet
from sdk.errors import Conflict, InvalidArgument
from sdk.linux.nftables import RulesetError
from sdk.testing.contracts.network import Bench, inside, reaches, reaches_soon, serving

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

APART = {"com.docker.network.bridge.enable_icc": "false"}
LINK = PortLink(IPv4Address("172.30.0.6"), IPv4Address("172.30.0.5"), 7000)
DEFAULT = {"com.docker.network.bridge.default_bridge": "true"}


def run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.mark.usefixtures("bridge_filter")
async def test_without_icc_the_host_gets_in_and_neighbours_do_not(bench: Bench) -> None:
    network = await bench.network(options=APART)
    sandbox, _ = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    neighbour, _ = await bench.connect(network, 6)
    with serving(sandbox, 7000):
        assert reaches("172.30.0.5", 7000)
        assert reaches("127.0.0.1", 18080)
        with inside(neighbour), suppress(OSError):
            assert not reaches("172.30.0.5", 7000, timeout=0.3)


@pytest.mark.usefixtures("bridge_filter")
async def test_without_icc_a_link_opens_one_port_to_one_neighbour(bench: Bench) -> None:
    network = await bench.network(options=APART)
    server, _ = await bench.connect(network, 5)
    linked, _ = await bench.connect(network, 6)
    stranger, _ = await bench.connect(network, 7)
    assert isinstance(bench.driver, PortLinker)
    with serving(server, 7000), serving(server, 7001), serving(linked, 7000):
        await bench.driver.link(network, [LINK])
        assert _met(linked, "172.30.0.5", 7000)
        assert not _met(linked, "172.30.0.5", 7001, timeout=0.3)
        assert not _met(stranger, "172.30.0.5", 7000, timeout=0.3)
        assert not _met(server, "172.30.0.6", 7000, timeout=0.3), "the way back is no way in"
        await bench.driver.link(network, [replace(LINK, port=7001)])
        assert _met(linked, "172.30.0.5", 7001)
        assert not _met(linked, "172.30.0.5", 7000, timeout=0.3)
        await bench.driver.link(network, [])
        assert not _met(linked, "172.30.0.5", 7001, timeout=0.3)


async def test_a_link_that_could_not_be_made_is_made_at_the_next_call(bench: Bench) -> None:
    network = await _refused(bench)
    await bench.driver.link(network, [LINK])
    server, _ = await bench.connect(network, 5)
    linked, _ = await bench.connect(network, 6)
    with serving(server, 7000):
        assert _met(linked, "172.30.0.5", 7000)


async def test_nothing_stays_of_a_link_that_could_not_be_made_and_is_given_up(bench: Bench) -> None:
    network = await _refused(bench)
    await bench.driver.link(network, [])
    assert "172.30.0.6" not in run("nft", "list", "ruleset")


async def _refused(bench: Bench) -> NetworkSpec:
    """Return a network whose containers are kept apart, and for which the kernel has refused LINK: its bridge was gone meanwhile."""
    network = await bench.network(options=APART)
    assert isinstance(bench.driver, PortLinker)
    with _without_bridge(network) as bridge, pytest.raises(OSError, match=bridge):
        await bench.driver.link(network, [LINK])
    return network


@contextmanager
def _without_bridge(network: NetworkSpec) -> Iterator[str]:
    """Let a network's bridge have another name meanwhile; return its own."""
    bridge = f"br-{network.id[:12]}"
    run("ip", "link", "set", bridge, "down")
    run("ip", "link", "set", bridge, "name", "elsewhere")
    yield bridge
    run("ip", "link", "set", "elsewhere", "name", bridge)
    run("ip", "link", "set", bridge, "up")


async def test_a_table_that_could_not_be_mended_is_mended_at_the_next_call() -> None:
    firewall = Firewall("core_mended", logging.getLogger("firewall"))
    rules = BridgeRules("br-a", (IPv4Network("172.30.0.0/24"),), masquerade=True, internal=False, icc=False)
    refused = replace(rules, links=frozenset([replace(LINK, protocol="nonsense")]))
    try:
        firewall.set_network("a", rules)
        run("nft", "delete", "table", "inet", "core_mended")
        with pytest.raises(RulesetError, match="protocol name"):
            firewall.set_network("a", refused)
        firewall.set_network("a", rules)
        assert "172.30.0.0/24" in firewall.listing()
    finally:
        firewall.close()


async def test_links_outlive_their_bridge(bench: Bench) -> None:
    """An administrator deletes it; it is made again with the next container."""
    network = await bench.network(options=APART)
    assert isinstance(bench.driver, PortLinker)
    await bench.driver.link(network, [LINK])
    run("ip", "link", "delete", f"br-{network.id[:12]}")
    server, _ = await bench.connect(network, 5)
    linked, _ = await bench.connect(network, 6)
    with serving(server, 7000):
        assert _met(linked, "172.30.0.5", 7000)


@pytest.mark.parametrize("mac", ["", "02:42:aa:aa:aa:aa"], ids=["same MAC address", "another MAC address"])
async def test_an_address_is_another_containers_while_its_last_owner_is_taken_down(bench: Bench, mac: str) -> None:
    network = await bench.network(subnet6="fd00:30::/64")
    neighbour, _ = await bench.connect(network, 6)
    last, endpoint = await bench.connect(network, 5, mac_address=mac)
    with serving(last, 7000), Path(last.path).open():
        for address in ("172.30.0.5", "fd00:30::5"):
            assert await anyio.to_thread.run_sync(reaches_soon, address, 7000)
            assert _met(neighbour, address, 7000)
        await bench.end(endpoint)
        sandbox, _ = await bench.connect(network, 5)
        with serving(sandbox, 7001):
            for address in ("172.30.0.5", "fd00:30::5"):
                assert _met(neighbour, address, 7001)
                assert reaches(address, 7001)
                with pytest.raises(ConnectionRefusedError):
                    reaches(address, 7000)
        run("ip", "link", "delete", endpoint.host_interface)
    await bench.driver.release(last)


async def test_an_address_is_another_containers_after_its_last_owners_bridge_is_gone(bench: Bench) -> None:
    network = await bench.network()
    last, endpoint = await bench.connect(network, 5)
    with Path(last.path).open():
        await bench.end(endpoint)
        run("ip", "link", "delete", f"br-{network.id[:12]}")
        sandbox, _ = await bench.connect(network, 5)
        with serving(sandbox, 7000):
            assert reaches("172.30.0.5", 7000)
        with closing(RouteSocket()) as route:
            assert not route.find(endpoint.host_interface)


def _met(sandbox: Sandbox, address: str, port: int, timeout: float = 5) -> bool:
    with inside(sandbox):
        try:
            return reaches(address, port, timeout=timeout)
        except OSError:
            return False


@pytest.mark.usefixtures("bridge_filter")
@pytest.mark.parametrize(
    ("loopback", "gateway", "own"), [("127.0.0.1", "172.30.0.1", "172.30.0.5"), ("::1", "fd00:30::1", "fd00:30::5")]
)
async def test_a_container_cannot_reach_the_hosts_loopback(bench: Bench, loopback: str, gateway: str, own: str) -> None:
    sandbox, _ = await bench.connect(await bench.network(subnet6="fd00:30::/64"), 5)
    family = socket.AF_INET6 if ":" in loopback else socket.AF_INET
    with socket.create_server((loopback, 18090), family=family), inside(sandbox):
        run("ip", "link", "set", "lo", "down")
        run("ip", "route", "add", loopback, "via", gateway, "dev", "eth0")
        Path("/proc/sys/net/ipv4/conf/all/route_localnet").write_text("1")
        with pytest.raises(OSError, match=r"unreachable|timed out|not permitted|assign"):
            socket.create_connection((loopback, 18090), 0.3, source_address=(own, 0))


async def test_a_flushed_ruleset_is_mended_by_the_next_connect(bench: Bench) -> None:
    network = await bench.network()
    sandbox, _ = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    with serving(sandbox, 7000):
        run("nft", "flush", "ruleset")
        with pytest.raises(ConnectionRefusedError):
            reaches("127.0.0.1", 18080)
        await bench.connect(network, 6)
        assert reaches("127.0.0.1", 18080)


async def test_ports_can_be_taken_back_after_a_flush(bench: Bench) -> None:
    _, endpoint = await bench.connect(await bench.network(), 5, PortBinding(7000, host_port=18080))
    run("nft", "flush", "ruleset")
    await bench.end(endpoint)
    assert not [line for line in await bench.driver.audit() if line.startswith("published")]


async def test_a_rewritten_table_keeps_connections(bench: Bench) -> None:
    sandbox, _ = await bench.connect(await bench.network(), 5, PortBinding(7000, host_port=18080))
    with inside(sandbox):
        server = socket.create_server(("0.0.0.0", 7000))
    with server, socket.create_connection(("127.0.0.1", 18080), 2) as client:
        accepted, _ = server.accept()
        await bench.network(1)
        with accepted:
            accepted.sendall(b"still here")
            assert client.recv(64) == b"still here"
            client.sendall(b"me too")
            assert accepted.recv(64) == b"me too"


async def test_a_deleted_bridge_is_made_again_by_the_next_connect(bench: Bench) -> None:
    network = await _default_network(bench)
    run("ip", "link", "delete", "core0")
    one, _ = await bench.connect(network, 5)
    two, _ = await bench.connect(network, 6)
    with serving(one, 7000), inside(two):
        assert reaches("172.30.0.5", 7000)


async def test_a_bridge_that_was_there_is_used_keeps_its_addresses_and_stays(bench: Bench) -> None:
    run("ip", "link", "add", "theirs", "type", "bridge")
    run("ip", "address", "add", "10.9.9.1/24", "dev", "theirs")
    network = await bench.network(options={"com.docker.network.bridge.name": "theirs"})
    shown = run("ip", "-o", "address", "show", "dev", "theirs")
    assert "10.9.9.1/24" in shown
    assert "172.30.0.1/" in shown
    await bench.driver.remove_network(network)
    assert "10.9.9.1/24" in run("ip", "-o", "address", "show", "dev", "theirs")
    run("ip", "link", "delete", "theirs")


async def test_a_link_that_is_no_bridge_is_refused_and_left_alone(bench: Bench) -> None:
    run("ip", "link", "add", "theirs", "type", "veth", "peer", "name", "other")
    with pytest.raises(Conflict, match="existing interface theirs is not a bridge"):
        await bench.network(options={"com.docker.network.bridge.name": "theirs"})
    assert "theirs" in run("ip", "-o", "link", "show")
    run("ip", "link", "delete", "theirs")


async def test_an_address_used_again_at_once_is_the_new_containers(bench: Bench) -> None:
    network = await _default_network(bench)
    for _ in range(5):
        sandbox, endpoint = await bench.connect(network, 5)
        with serving(sandbox, 7000):
            assert reaches("172.30.0.5", 7000)
        await bench.end(endpoint)


async def test_many_at_once_drain_the_pool_and_all_are_connected(bench: Bench) -> None:
    network = await _default_network(bench)
    async with anyio.create_task_group() as tasks:
        for host in range(5, 45):
            tasks.start_soon(_connect, bench, network, host)
    assert len({endpoint.mac_address for _, endpoint, _ in bench.live.values()}) == 40
    for _, endpoint, sandbox in bench.live.values():
        with inside(sandbox):
            assert reaches_gateway()
        assert isinstance(endpoint, Endpoint)


async def _connect(bench: Bench, network: NetworkSpec, host: int) -> None:
    await bench.connect(network, host)


def reaches_gateway() -> bool:
    try:
        return reaches("172.30.0.1", 9)
    except ConnectionRefusedError:
        return True


async def test_ports_somebody_took_while_the_daemon_was_dead_cost_only_themselves(bench: Bench) -> None:
    network = await bench.network()
    sandbox, endpoint = await bench.connect(network, 5, PortBinding(7000, host_port=18080))
    _, other = await bench.connect(network, 6, PortBinding(7000, host_port=18081))
    await bench.driver.disconnect(network, endpoint, None)
    with socket.create_server(("0.0.0.0", 18080)):
        await bench.driver.restore([network], [(endpoint, sandbox), (other, sandbox)])
    assert [line for line in await bench.driver.audit() if line.startswith("published")] == ["published port 0.0.0.0:18081/tcp"]


async def test_stale_links_of_an_earlier_daemon_are_removed(bench: Bench) -> None:
    network = await bench.network()
    run("ip", "link", "add", "br-stale", "alias", "core:test", "type", "bridge")
    await bench.driver.restore([network], [])
    assert [line for line in await bench.driver.audit() if line.startswith("bridge")] == ["bridge br-00c0ffeec0ff"]


async def test_names_of_pairs_are_not_used_again_by_the_next_daemon(bench: Bench) -> None:
    """The kernel takes the pair away with the namespace of a killed container, before the next daemon deletes it by name."""
    network = await bench.network()
    _, lost = await bench.connect(network, 5)
    run("ip", "link", "delete", lost.host_interface)
    with closing(RouteSocket()) as route, closing(namespaces.create()) as namespace:
        veths, port = Veths(route, lost.host_interface[1:7]), Port(route.index(f"br-{network.id[:12]}"), 1500)
        made = {veths.make(port, namespace, f"eth{number}").host_interface for number in range(30)}
    assert lost.host_interface not in made
    assert max(map(len, made)) <= 15


async def test_a_udp_client_that_keeps_its_port_follows_the_published_one(bench: Bench) -> None:
    network = await bench.network()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(20)
        client.connect(("127.0.0.1", 18080))
        client.send(b"too early")
        with pytest.raises(ConnectionRefusedError):
            client.recv(64)
        for host in (5, 6):
            sandbox, endpoint = await bench.connect(network, host, PortBinding(7000, "udp", host_port=18080))
            with serving(sandbox, 7000, socket.SOCK_DGRAM):
                client.send(b"ping")
                assert client.recv(64) == b"pong"
            await bench.end(endpoint)


async def test_a_connect_takes_a_pair_that_is_ready(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    makers: list[str] = []
    make = Veths.make

    def noted(veths: Veths, port: Port, namespace: Namespace, interface: str) -> Veth:
        made = make(veths, port, namespace, interface)
        makers.append(threading.current_thread().name)
        return made

    monkeypatch.setattr(Veths, "make", noted)
    network = await _default_network(bench)
    for taken in range(10):
        with anyio.fail_after(30):
            while len(makers) < taken + 2:  # the last one may still be on its way
                await anyio.sleep(0.01)
        await bench.connect(network, 5 + taken)
    assert len(makers) >= 10
    assert set(makers) == {"net_bridge pool"}


async def _default_network(bench: Bench) -> NetworkSpec:
    return await bench.network(options=DEFAULT)


def own() -> str:
    """Return the name of the engine's table, the only one of an engine in this network."""
    (name,) = (words[2] for words in map(str.split, run("nft", "list", "tables").splitlines()) if words[2].startswith("core_"))
    return name


def table() -> str:
    return run("nft", "list", "table", "inet", own())


async def test_a_flushed_ruleset_is_mended_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    repair, begun, ended = Firewall.repair, list[Firewall](), list[int]()

    def noted(firewall: Firewall) -> None:
        begun.append(firewall)
        number = len(begun)
        repair(firewall)
        ended.append(number)

    monkeypatch.setattr(Firewall, "repair", noted)
    sandbox, _ = await bench.connect(await bench.network(), 5, PortBinding(7000, host_port=18080))
    run("nft", "add", "rule", "inet", own(), "user", "ip", "saddr", "192.0.2.9", "drop")
    known = len(begun)
    with anyio.fail_after(30):
        while max(ended, default=0) <= known:  # one that began afterwards
            await anyio.sleep(0.01)
    before = table()
    assert "192.0.2.9 drop" in before
    run("nft", "flush", "ruleset")
    with serving(sandbox, 7000), anyio.fail_after(30):
        while not await anyio.to_thread.run_sync(answers):
            await anyio.sleep(0.01)
    assert table() == before


def answers() -> bool:
    try:
        return reaches("127.0.0.1", 18080, timeout=0.2)
    except ConnectionRefusedError:
        return False


async def test_the_administrators_chain_comes_first_and_outlives_our_rewrites(bench: Bench) -> None:
    one, _ = await bench.connect(await bench.network(1), 5)
    two, _ = await bench.connect(bench.networks[0], 6, PortBinding(7000, host_port=18080))
    run("nft", "add", "set", "inet", own(), "evil", "{ type ipv4_addr; }")
    run("nft", "add", "rule", "inet", own(), "user", "ip", "saddr", "@evil", "drop")
    run("nft", "add", "element", "inet", own(), "evil", "{ 172.30.2.5 }")
    stranger, _ = await bench.connect(await bench.network(2), 5)
    await bench.network(3)
    assert "@evil drop" in table()
    with serving(two, 7000):
        with inside(one):
            assert reaches("172.30.1.1", 18080)
        with inside(stranger):
            assert not reaches("172.30.1.1", 18080, timeout=0.3)


async def test_another_programs_rules_are_not_answered_with_ours(bench: Bench) -> None:
    await bench.network()
    await anyio.sleep(0.3)
    run("nft", "add", "table", "inet", "other")
    before = run("nft", "-a", "list", "table", "inet", own())
    await anyio.sleep(0.3)
    assert run("nft", "-a", "list", "table", "inet", own()) == before


async def test_parameters_of_an_interface(bench: Bench) -> None:
    wanted = {"com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.IFNAME.forwarding=0"}
    sandbox, _ = await bench.connect(await bench.network(), 5, options=wanted, interface="lan")
    with inside(sandbox):
        assert Path("/proc/sys/net/ipv4/conf/lan/log_martians").read_text() == "1\n"
    wrong = {"com.docker.network.endpoint.sysctls": "net.ipv4.ip_forward=1"}
    with pytest.raises(InvalidArgument, match="unrecognised network interface sysctl"):
        await bench.connect(bench.networks[0], 6, options=wrong)


@pytest.mark.parametrize("options", [{}, DEFAULT], ids=["user", "default"])
async def test_the_link_local_address_comes_from_the_mac_address(bench: Bench, options: dict[str, str]) -> None:
    network = await bench.network(options=options, subnet6="fd00:30::/64")
    sandbox, endpoint = await bench.connect(network, 5)
    first, *others = bytes.fromhex(endpoint.mac_address.replace(":", ""))
    identifier = bytes([first ^ 2, *others[:2], 0xFF, 0xFE, *others[2:]])
    expected = IPv6Address(b"\xfe\x80" + bytes(6) + identifier)
    with inside(sandbox):
        assert f"inet6 {expected}/64" in run("ip", "-6", "address", "show", "dev", endpoint.interface, "scope", "link")


@pytest.mark.parametrize("options", [{}, DEFAULT], ids=["user", "default"])
async def test_without_ipv6_a_container_has_none_but_its_loopback(bench: Bench, options: dict[str, str]) -> None:
    network = await bench.network(options=options)
    sandbox, endpoint = await bench.connect(network, 5)
    with inside(sandbox):
        run("ip", "link", "set", endpoint.interface, "down")
        run("ip", "link", "set", endpoint.interface, "up")
        assert run("ip", "-6", "address", "show", "dev", endpoint.interface) == ""
        assert Path(f"/proc/sys/net/ipv6/conf/{endpoint.interface}/disable_ipv6").read_text() == "1\n"
        assert "inet6 ::1/128" in run("ip", "-6", "address", "show", "dev", "lo")


async def test_a_bridge_may_have_link_local_addresses_of_its_own(bench: Bench) -> None:
    network = await bench.network(subnet6="fe80:1234::/64")
    name = f"br-{network.id[:12]}"
    await bench.connect(network, 5)
    moved = replace(network, subnets=(network.subnets[0], Subnet(IPv6Network("fe80::/64"), IPv6Address("fe80::1"))))
    for _ in range(2):
        await bench.driver.create_network(moved)
    shown = run("ip", "-6", "address", "show", "dev", name)
    assert "inet6 fe80::1/64" in shown
    assert "fe80:1234::1" not in shown
    assert "ff:fe" in shown, "the kernel's own address stays"
