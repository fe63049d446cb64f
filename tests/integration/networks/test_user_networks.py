"""Networks as a user of the stock Docker CLI meets them, with real containers on real bridges."""

import json
import socket
import subprocess

import pytest

from tests.daemon import Daemon
from tests.integration.networks.conftest import Docker

pytestmark = pytest.mark.privileged


@pytest.fixture
def refused(shared_daemon: Daemon) -> Docker:
    def run(*words: str) -> str:
        done = shared_daemon.docker(*words, check=False)
        assert done.returncode
        return done.stderr.strip()

    return run


def sleeper(docker: Docker, name: str, *flags: str) -> str:
    return docker("run", "-d", "--name", name, *flags, "busybox", "sleep", "1000")


def inspect(docker: Docker, *words: str) -> dict:
    return json.loads(docker("inspect", *words))[0]


def reads(daemon: Daemon, host: str, port: int) -> bytes:
    """Return what a TCP server says, as seen from the host."""
    with daemon.network.entered(), socket.create_connection((host, port), 3) as client:
        return client.recv(64)


def test_default_network(docker: Docker) -> None:
    container_id = sleeper(docker, "one")
    place = inspect(docker, "one")["NetworkSettings"]["Networks"]["bridge"]
    assert place["Gateway"] == "172.17.0.1"
    assert place["IPPrefixLen"] == 16
    assert place["MacAddress"].startswith("02:42:ac:11:")
    members = inspect(docker, "--type", "network", "bridge")["Containers"]
    assert members[container_id]["Name"] == "one"
    assert members[container_id]["IPv4Address"] == f"{place['IPAddress']}/16"
    assert place["IPAddress"] in docker("exec", "one", "ip", "address", "show", "eth0")
    assert "default via 172.17.0.1" in docker("exec", "one", "ip", "route")
    assert f"{place['IPAddress']}\t{container_id[:12]}" in docker("exec", "one", "cat", "/etc/hosts")


def test_a_users_network_with_static_address_and_alias(docker: Docker, refused: Docker) -> None:
    docker("network", "create", "--subnet", "10.77.0.0/24", "--gateway", "10.77.0.254", "--label", "a=b", "web")
    sleeper(docker, "one", "--network", "web", "--ip", "10.77.0.9", "--network-alias", "db")
    place = inspect(docker, "one")["NetworkSettings"]["Networks"]["web"]
    assert (place["IPAddress"], place["Gateway"], place["Aliases"]) == ("10.77.0.9", "10.77.0.254", ["db"])
    assert {"one", "db"} <= set(place["DNSNames"])
    assert "Address already in use" in refused("run", "--rm", "--network", "web", "--ip", "10.77.0.9", "busybox", "true")
    assert "has active endpoints" in refused("network", "rm", "web")
    assert "Pool overlaps" in refused("network", "create", "--subnet", "10.77.0.128/25", "other")
    assert docker("network", "ls", "-q", "--filter", "label=a=b", "--no-trunc") == place["NetworkID"]
    docker("rm", "-f", "one")
    assert docker("network", "rm", "web") == "web"


def test_refusals(refused: Docker) -> None:
    assert "bridge is a pre-defined network and cannot be removed" in refused("network", "rm", "bridge")
    assert "operation is not permitted on predefined host network" in refused("network", "create", "host")
    assert "user-specified IP address is supported on user-defined networks only" in refused(
        "run", "--rm", "--ip", "172.17.0.9", "busybox", "true"
    )
    assert "network nowhere not found" in refused("run", "--rm", "--network", "nowhere", "busybox", "true")


def test_connect_and_disconnect_a_running_container(docker: Docker, refused: Docker) -> None:
    docker("network", "create", "web")
    sleeper(docker, "one")
    sleeper(docker, "two", "--network", "web")
    docker("network", "connect", "--alias", "w", "web", "one")
    networks = inspect(docker, "one")["NetworkSettings"]["Networks"]
    assert set(networks) == {"bridge", "web"}
    two = inspect(docker, "two")["NetworkSettings"]["Networks"]["web"]["IPAddress"]
    docker("exec", "one", "ping", "-c1", "-W2", two)
    assert "already exists in network web" in refused("network", "connect", "web", "one")
    docker("network", "disconnect", "bridge", "one")
    assert "default via" in docker("exec", "one", "ip", "route"), "the way out is by the network that is left"
    docker("restart", "-t", "0", "one")
    assert set(inspect(docker, "one")["NetworkSettings"]["Networks"]) == {"web"}
    docker("network", "disconnect", "web", "one")
    assert "is not connected" in refused("network", "disconnect", "web", "one")


def test_connect_before_the_start(docker: Docker) -> None:
    docker("network", "create", "web")
    docker("create", "--name", "one", "busybox", "sleep", "1000")
    docker("network", "connect", "--alias", "w", "web", "one")
    assert set(inspect(docker, "one")["NetworkSettings"]["Networks"]) == {"bridge", "web"}
    docker("start", "one")
    networks = inspect(docker, "one")["NetworkSettings"]["Networks"]
    assert networks["web"]["Aliases"] == ["w"]
    assert all(place["IPAddress"] for place in networks.values())
    assert docker("exec", "one", "ls", "/sys/class/net").split() == ["eth0", "eth1", "lo"]


def test_an_internal_network_has_no_way_out(docker: Docker) -> None:
    docker("network", "create", "--internal", "inn")
    sleeper(docker, "one", "--network", "inn")
    sleeper(docker, "two", "--network", "inn")
    assert "default" not in docker("exec", "one", "ip", "route")
    docker("exec", "one", "ping", "-c1", "-W2", inspect(docker, "two")["NetworkSettings"]["Networks"]["inn"]["IPAddress"])


def test_prune_takes_what_nobody_is_on(docker: Docker) -> None:
    docker("network", "create", "used")
    docker("network", "create", "idle")
    sleeper(docker, "one", "--network", "used")
    assert "idle" in docker("network", "prune", "-f")
    assert set(docker("network", "ls", "--format", "{{.Name}}").split()) == {"bridge", "host", "none", "used"}


def test_published_ports(docker: Docker, refused: Docker, shared_daemon: Daemon) -> None:
    serve = ("busybox", "nc", "-ll", "-p", "80", "-e", "echo", "hello")
    docker("run", "-d", "--name", "one", "-p", "18080:80", "-p", "127.0.0.1::80", *serve)
    ports = inspect(docker, "one")["NetworkSettings"]["Ports"]["80/tcp"]
    assert {"HostIp": "0.0.0.0", "HostPort": "18080"} in ports
    for host, port in (("127.0.0.1", 18080), ("172.17.0.1", 18080), ("127.0.0.1", int(docker("port", "one", "80").split(":")[-1]))):
        assert reads(shared_daemon, host, port) == b"hello\n"
    taken = refused("run", "--name", "two", "-p", "18080:80", "busybox", "true")
    assert "Bind for 0.0.0.0:18080 failed: port is already allocated" in taken
    docker("rm", "-f", "one")
    docker("run", "--rm", "-p", "18080:80", "busybox", "true")


def test_extra_hosts_and_dns(docker: Docker) -> None:
    flags = (
        "--add-host",
        "db:192.0.2.1",
        "--add-host",
        "host.docker.internal:host-gateway",
        "--dns",
        "192.0.2.53",
        "--dns-search",
        "corp",
    )
    text = docker("run", "--rm", *flags, "busybox", "cat", "/etc/hosts", "/etc/resolv.conf")
    assert "192.0.2.1\tdb" in text
    assert "172.17.0.1\thost.docker.internal" in text
    assert "nameserver 192.0.2.53\nsearch corp" in text


def test_events(docker: Docker, shared_daemon: Daemon) -> None:
    words = ("docker", "events", "--filter", "type=network", "--format", "{{.Action}} {{.Actor.Attributes.name}}")
    with shared_daemon.popen(*words) as listening:
        try:
            assert listening.stdout is not None
            while docker("system", "info", "--format", "{{.NEventsListener}}") == "0":
                pass
            docker("network", "create", "web")
            docker("run", "--rm", "--network", "web", "busybox", "true")
            docker("network", "rm", "web")
            lines = [listening.stdout.readline().decode().strip() for _ in range(4)]
            assert lines == ["create web", "connect web", "disconnect web", "destroy web"]
        finally:
            listening.kill()


def test_ports_and_networks_survive_the_daemons_death(docker: Docker, shared_daemon: Daemon) -> None:
    docker("network", "create", "web")
    serve = ("busybox", "nc", "-ll", "-p", "80", "-e", "echo", "hello")
    docker("run", "-d", "--name", "one", "--network", "web", "-p", "18080:80", *serve)
    before = inspect(docker, "one")["NetworkSettings"]
    shared_daemon.kill9()
    assert reads(shared_daemon, "127.0.0.1", 18080) == b"hello\n", "it answers while no daemon runs"
    shared_daemon.start()
    assert inspect(docker, "one")["NetworkSettings"] == before
    assert reads(shared_daemon, "127.0.0.1", 18080) == b"hello\n"
    assert "port is already allocated" in shared_daemon.docker("run", "-p", "18080:80", "busybox", check=False).stderr
    sleeper(docker, "two", "--network", "web")
    docker("exec", "two", "ping", "-c1", "-W2", before["Networks"]["web"]["IPAddress"])
    docker("rm", "-f", "one")
    with pytest.raises(ConnectionRefusedError):
        reads(shared_daemon, "127.0.0.1", 18080)


def test_a_flushed_ruleset_comes_back(docker: Docker, shared_daemon: Daemon) -> None:
    docker("run", "-d", "--name", "one", "-p", "18080:80", "busybox", "nc", "-ll", "-p", "80", "-e", "echo", "hello")
    subprocess.run(shared_daemon.network.command(["nft", "flush", "ruleset"]), check=True)
    docker("run", "--rm", "busybox", "true")
    assert reads(shared_daemon, "127.0.0.1", 18080) == b"hello\n"


def lookup(docker: Docker, container: str, *words: str) -> str:
    return docker("exec", container, "nslookup", *words)


def test_names_of_containers(docker: Docker, refused: Docker) -> None:
    docker("network", "create", "web")
    sleeper(docker, "one", "--network", "web", "--network-alias", "all")
    two = sleeper(docker, "two", "--network", "web", "--network-alias", "all", "--link", "one:first")
    addresses = {name: inspect(docker, name)["NetworkSettings"]["Networks"]["web"]["IPAddress"] for name in ("one", "two")}
    assert docker("exec", "one", "cat", "/etc/resolv.conf").startswith("nameserver 127.0.0.11\n")
    assert "options ndots:0" in docker("exec", "one", "cat", "/etc/resolv.conf")
    docker("exec", "one", "ping", "-c1", "-W2", "two")
    docker("exec", "one", "ping", "-c1", "-W2", two[:12])
    docker("exec", "two", "ping", "-c1", "-W2", "first")
    assert all(address in lookup(docker, "one", "all") for address in addresses.values())
    assert "two.web" in lookup(docker, "one", addresses["two"])
    docker("rename", "two", "zwei")
    docker("exec", "one", "ping", "-c1", "-W2", "zwei")
    docker("rm", "-f", "zwei")
    assert refused("exec", "one", "nslookup", "zwei.web") != addresses["two"]


def test_connecting_tells_a_running_container(docker: Docker) -> None:
    docker("network", "create", "web")
    docker("network", "create", "back")
    sleeper(docker, "db", "--network", "web")
    container = sleeper(docker, "one")
    assert "127.0.0.11" not in docker("exec", "one", "cat", "/etc/resolv.conf")
    docker("network", "connect", "--alias", "uno", "web", "one")
    docker("exec", "one", "ping", "-c1", "-W2", "db")
    docker("exec", "db", "ping", "-c1", "-W2", "uno")
    address = inspect(docker, "one")["NetworkSettings"]["Networks"]["web"]["IPAddress"]
    assert f"{address}\t{container[:12]}" in docker("exec", "one", "cat", "/etc/hosts")
    docker("network", "disconnect", "web", "one")
    assert address not in docker("exec", "one", "cat", "/etc/hosts")


def test_names_after_the_daemons_death(docker: Docker, shared_daemon: Daemon) -> None:
    docker("network", "create", "web")
    for name in ("one", "two"):
        sleeper(docker, name, "--network", "web")
    shared_daemon.kill9()
    shared_daemon.start()
    docker("exec", "one", "ping", "-c1", "-W2", "two")


def test_a_name_server_in_a_container_has_port_53(docker: Docker) -> None:
    docker("network", "create", "web")
    sleeper(docker, "one", "--network", "web")
    docker("run", "-d", "--name", "dns", "--network", "web", "busybox", "nc", "-ll", "-p", "53", "-e", "echo", "mine")
    assert docker("exec", "one", "nc", "dns", "53") == "mine"
    docker("exec", "dns", "ping", "-c1", "-W2", "one")


def test_legacy_links(docker: Docker, refused: Docker) -> None:
    sleeper(docker, "db", "--expose", "5432", "-e", "USER=me")
    text = docker("run", "--rm", "--name", "app", "--link", "db:store", "busybox", "sh", "-c", "env; cat /etc/hosts")
    address = inspect(docker, "db")["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    assert f"STORE_PORT_5432_TCP=tcp://{address}:5432" in text
    assert "STORE_NAME=/app/store" in text
    assert "STORE_ENV_USER=me" in text
    assert f"{address}\tstore {inspect(docker, 'db')['Id'][:12]} db" in text
    docker("kill", "db")
    assert "Cannot link to a non running container: /db AS /" in refused("run", "--rm", "--link", "db:store", "busybox", "true")
    assert "could not get container for nobody" in refused("run", "--rm", "--link", "nobody", "busybox", "true")


def test_link_local_addresses_are_the_interfaces_too(docker: Docker, refused: Docker) -> None:
    docker("network", "create", "--ipv6", "web")
    why = 'link-local address fe80::7 cannot be given: network "bridge" has no IPv6'
    assert why in refused("run", "--rm", "--link-local-ip", "fe80::7", "busybox", "true")
    sleeper(docker, "one", "--network", "web", "--link-local-ip", "169.254.7.7", "--link-local-ip", "fe80::7:7")
    shown = docker("exec", "one", "ip", "address", "show", "eth0")
    assert "169.254.7.7/16" in shown
    assert "fe80::7:7/64" in shown
    assert inspect(docker, "one")["NetworkSettings"]["Networks"]["web"]["IPAMConfig"] == {
        "LinkLocalIPs": ["169.254.7.7", "fe80::7:7"]
    }
    sleeper(docker, "two")
    docker("network", "connect", "--link-local-ip", "169.254.7.8", "web", "two")
    assert "169.254.7.8/16" in docker("exec", "two", "ip", "address", "show", "eth1")
    docker("exec", "two", "ping", "-c", "1", "-W", "5", "-I", "eth1", "169.254.7.7")


@pytest.mark.parametrize("mode", ["default", "host"])
def test_a_container_whose_network_is_disabled_has_a_loopback_alone(shared_daemon: Daemon, docker: Docker, mode: str) -> None:
    body = {"Image": "busybox", "Cmd": ["sleep", "1000"], "NetworkDisabled": True, "HostConfig": {"NetworkMode": mode}}
    assert shared_daemon.request("POST", "/containers/create?name=alone", body)[0] == 201
    assert inspect(docker, "alone")["NetworkSettings"]["Networks"] == {}
    docker("start", "alone")
    assert inspect(docker, "alone")["NetworkSettings"]["Networks"] == {}
    links = docker("exec", "alone", "ip", "-o", "link").splitlines()
    assert len(links) == 1
    assert ": lo: <LOOPBACK,UP," in links[0]
