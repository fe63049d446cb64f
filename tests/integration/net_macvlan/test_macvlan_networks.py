"""Macvlan networks as a user of Docker meets them: containers beside another machine on one wire."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.daemon import Daemon
from tests.macvlan import require_macvlan
from tests.network import NetworkNamespace

pytestmark = pytest.mark.privileged

SERVE = ("busybox", "nc", "-ll", "-p", "7000", "-e", "echo", "pong")
SLEEP = ("busybox", "sleep", "1000")


@pytest.fixture
def wire(shared_daemon: Daemon) -> Iterator[NetworkNamespace]:
    """Another machine, 10.66.0.1, at the far end of the daemon's link `wire0`."""
    require_macvlan()
    far = NetworkNamespace()
    try:
        shared_daemon.run("ip", "link", "add", "wire0", "type", "veth", "peer", "name", "eth0", "netns", far.name)
        shared_daemon.run("ip", "link", "set", "wire0", "up")
        for words in (("addr", "add", "10.66.0.1/24", "dev", "eth0"), ("link", "set", "eth0", "up")):
            subprocess.run(["ip", "-n", far.name, *words], check=True)
        yield far
        shared_daemon.remove_containers()
        for name in shared_daemon.docker("network", "ls", "-q", "--filter", "type=custom").stdout.split():
            shared_daemon.docker("network", "rm", name)
        assert " dm-" not in shared_daemon.run("ip", "link").stdout
    finally:
        far.delete()


def create(daemon: Daemon, *words: str) -> str:
    done = daemon.docker("network", "create", "--driver", "macvlan", *words, check=False)
    return done.stderr


def test_containers_are_hosts_of_their_own(shared_daemon: Daemon, wire: NetworkNamespace) -> None:
    docker = shared_daemon.docker
    lan = ("--subnet", "10.66.0.0/24", "--gateway", "10.66.0.1", "--ip-range", "10.66.0.128/25", "--opt", "parent=wire0", "lan")
    assert create(shared_daemon, *lan) == ""
    docker("run", "-d", "--name", "one", "--network", "lan", "-p", "7000:7000", *SERVE)
    docker("run", "-d", "--name", "two", "--network", "lan", "--ip", "10.66.0.77", "--mac-address", "02:00:00:00:00:77", *SERVE)
    assert docker("exec", "one", "nc", "two", "7000").stdout == "pong\n"
    place = json.loads(docker("inspect", "one").stdout)[0]["NetworkSettings"]
    assert place["Networks"]["lan"]["IPAddress"].startswith("10.66.0.1")
    assert place["Networks"]["lan"]["Gateway"] == "10.66.0.1"
    assert not place["Ports"].get("7000/tcp"), "there is nothing to publish"
    assert docker("exec", "one", "ip", "route").stdout.startswith("default via 10.66.0.1 dev eth0")
    asked = ["busybox", "nc", "-w", "2", "10.66.0.77", "7000"]
    assert subprocess.run(wire.command(asked), capture_output=True, text=True).stdout == "pong\n", "from the other machine"

    shared_daemon.kill9()
    shared_daemon.start()
    assert subprocess.run(wire.command(asked), capture_output=True, text=True).stdout == "pong\n"
    for _ in range(3):
        docker("restart", "-t", "0", "two")  # its MAC address must be free at once
    docker("network", "create", "own")
    docker("network", "connect", "own", "two")
    docker("network", "disconnect", "lan", "two")
    assert "dev eth1" in docker("exec", "two", "ip", "route").stdout.splitlines()[0]
    docker("network", "connect", "lan", "two")
    assert docker("exec", "two", "ping", "-c", "1", "-W", "2", "10.66.0.1").returncode == 0


def test_without_a_parent_it_leads_nowhere(shared_daemon: Daemon, wire: NetworkNamespace) -> None:
    del wire
    docker = shared_daemon.docker
    assert create(shared_daemon, "apart") == ""
    docker("run", "-d", "--name", "one", "--network", "apart", *SERVE)
    assert docker("run", "--rm", "--network", "apart", "busybox", "nc", "one", "7000").stdout == "pong\n"
    assert " dm-" in shared_daemon.run("ip", "link").stdout


def test_refusals(shared_daemon: Daemon, wire: NetworkNamespace) -> None:
    del wire
    docker = shared_daemon.docker
    assert "requested macvlan mode 'tree' is not valid" in create(
        shared_daemon, "-o", "parent=wire0", "-o", "macvlan_mode=tree", "x"
    )
    assert "invalid subinterface vlan name wire9, example formatting is eth0.10" in create(shared_daemon, "-o", "parent=wire9", "x")
    assert "failed to find the parent interface wire9 of wire9.10" in create(shared_daemon, "-o", "parent=wire9.10", "x")
    assert "loopback interface is not a valid macvlan parent link" in create(shared_daemon, "-o", "parent=lo", "x")
    assert create(shared_daemon, "-o", "parent=wire0", "lan") == ""
    assert create(shared_daemon, "-o", "parent=wire0", "more") == "", "a parent can be shared"
    passthru = ("-o", "parent=wire0", "-o", "macvlan_mode=passthru", "x")
    assert "cannot use mode passthru, macvlan network" in create(shared_daemon, *passthru)
    mac = ("--mac-address", "02:00:00:00:00:77")
    docker("run", "-d", "--network", "lan", *mac, *SLEEP)
    refused = docker("run", "--network", "more", *mac, "busybox", "true", check=False)
    assert "the MAC address is in use on wire0" in refused.stderr


def test_the_way_out_is_the_gateway_that_a_client_names_for_the_containers_subnet(
    shared_daemon: Daemon, wire: NetworkNamespace
) -> None:
    del wire
    docker = shared_daemon.docker
    subnets = ("--subnet", "10.66.0.0/24", "--subnet", "10.67.0.0/24", "--gateway", "10.67.0.254")
    assert create(shared_daemon, "--opt", "parent=wire0", *subnets, "lan") == ""
    assert create(shared_daemon, *(word.replace("10.6", "10.7") for word in subnets), "apart") == ""
    for network, address, routes in (
        ("lan", "10.66.0.20", ""),
        ("lan", "10.67.0.20", "default via 10.67.0.254 dev eth0"),
        ("apart", "10.77.0.20", ""),
    ):
        told = docker("run", "--rm", "--network", network, "--ip", address, "busybox", "ip", "route").stdout
        assert [line.strip() for line in told.splitlines() if "default" in line] == [routes][: bool(routes)]


def test_without_ip_versions_containers_only_have_mac_addresses_of_their_own(shared_daemon: Daemon, wire: NetworkNamespace) -> None:
    del wire
    assert create(shared_daemon, "--ipv4=false", "--opt", "parent=wire0", "bare") == ""
    shown = [shared_daemon.docker("run", "--rm", "--network", "bare", "busybox", "ip", "addr", "show", "eth0").stdout for _ in "12"]
    assert all("inet" not in each for each in shown)
    assert len({line for each in shown for line in each.splitlines() if "link/ether" in line}) == 2
