"""Links: by entries of /etc/hosts on the default bridge, where a link's name `web/store` is one more name of a container; elsewhere by
the name server.
"""

import json
import time

import pytest

from tests.conftest import DaemonFactory
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def test_a_link_is_removed_by_its_name_and_both_containers_stay(shared_daemon: Daemon):
    docker = shared_daemon.docker
    docker("run", "--detach", "--name", "db", "busybox", "sleep", "600")
    docker("run", "--detach", "--name", "web", "--link", "db:store", "--link", "db:spare", "busybox", "sleep", "600")
    assert "store" in docker("exec", "web", "cat", "/etc/hosts").stdout

    docker("rm", "--link", "web/store")

    hosts = docker("exec", "web", "cat", "/etc/hosts").stdout
    assert "store" not in hosts
    assert "spare" in hosts
    assert json.loads(docker("inspect", "--format", "{{json .HostConfig.Links}}", "web").stdout) == ["/db:/web/spare"]
    assert docker("ps", "--quiet").stdout.count("\n") == 2


def test_a_link_that_is_none_is_refused(shared_daemon: Daemon):
    shared_daemon.docker("create", "--name", "web", "busybox")
    missing = shared_daemon.request("DELETE", "/containers/web/store?link=1")
    assert missing == (404, b'{"message":"No such container: web/store"}\n')
    status, body = shared_daemon.request("DELETE", "/containers/web?link=1")
    assert (status, json.loads(body)["message"]) == (409, "Conflict, cannot remove the default link name of the container")


def names(daemon: Daemon, name: str) -> list[list[str]]:
    listed = daemon.json(f'/containers/json?all=1&filters={{"name":["{name}"]}}')
    return [container["Names"] for container in listed]


def links(daemon: Daemon, name: str) -> object:
    return json.loads(daemon.docker("inspect", "--format", "{{json .HostConfig.Links}}", name).stdout)


def test_a_links_name_is_a_name_of_the_container_it_leads_to_whatever_the_two_are_called(shared_daemon: Daemon):
    docker = shared_daemon.docker
    docker("run", "-d", "--name", "la", "busybox", "sleep", "600")
    docker("run", "-d", "--name", "lb", "--link", "la:la", "--link", "la:two", "busybox", "sleep", "600")
    identity = docker("inspect", "-f", "{{.Id}}", "la").stdout
    assert names(shared_daemon, "^/lb/la$") == [["/la", "/lb/la", "/lb/two"]]
    assert links(shared_daemon, "lb") == ["/la:/lb/la", "/la:/lb/two"]
    assert docker("inspect", "-f", "{{.Id}}", "lb/la").stdout == docker("inspect", "-f", "{{.Id}}", "/lb/two").stdout == identity
    docker("rename", "la", "lx")
    docker("run", "-d", "--name", "la", "busybox", "sleep", "600")
    docker("rename", "lb", "lc")
    shared_daemon.restart()
    assert links(shared_daemon, "lc") == ["/lx:/lc/la", "/lx:/lc/two"]
    assert names(shared_daemon, "^/lx$") == [["/lx", "/lc/la", "/lc/two"]]
    assert docker("inspect", "-f", "{{.Id}}", "lc/la").stdout == identity
    assert docker("inspect", "lb/la", check=False).returncode == 1
    docker("restart", "-t", "0", "lx", "lc")
    assert docker("exec", "lc", "ping", "-c1", "-W5", "two").returncode == 0
    docker("rm", "--link", "lc/two")
    assert names(shared_daemon, "^/lx$") == [["/lx", "/lc/la"]]
    docker("rm", "-f", "lx")
    assert links(shared_daemon, "lc") is None
    docker("restart", "-t", "0", "lc")
    docker("rm", "-f", "lc")
    assert names(shared_daemon, "la") == [["/la"]]


def test_whom_a_link_may_lead_to(shared_daemon: Daemon):
    docker = shared_daemon.docker
    docker("run", "-d", "--name", "owner", "busybox", "sleep", "600")
    docker("run", "-d", "--name", "guest", "--network", "container:owner", "busybox", "sleep", "600")
    docker("run", "-d", "--name", "onhost", "--network", "host", "busybox", "sleep", "600")
    assert docker("run", "--rm", "--link", "guest:g", "busybox", "ping", "-c1", "-W5", "g").returncode == 0
    for target, sentence in (
        ("onhost", "conflicting options: host type networking can't be used with links. This would result in undefined behavior"),
        ("nobody", "could not get container for nobody: No such container: nobody"),
        (":x", "bad format for links: :x"),
    ):
        refused = docker("create", "--link", target, "busybox", check=False)
        assert sentence in refused.stderr


def test_a_network_shared_over_several_containers_is_the_firsts(shared_daemon: Daemon):
    docker = shared_daemon.docker
    docker("run", "-d", "--name", "first", "--hostname", "one.example", "busybox", "sleep", "600")
    address = docker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "first").stdout.strip()
    docker("run", "-d", "--name", "second", "--network", "container:first", "busybox", "sleep", "600")
    docker("run", "-d", "--name", "third", "--network", "container:second", "busybox", "sleep", "600")
    for name in ("second", "third"):
        assert docker("exec", name, "sh", "-c", "hostname; cat /etc/hostname; echo $HOSTNAME").stdout.split() == ["one.example"] * 3
        assert f"{address}\tone.example one\n" in docker("exec", name, "cat", "/etc/hosts").stdout
        assert docker("inspect", "-f", "{{.Config.Hostname}}", name).stdout == "one.example\n"
        assert docker("inspect", "-f", "{{.HostsPath}}", name).stdout == docker("inspect", "-f", "{{.HostsPath}}", "first").stdout
    assert docker("run", "--rm", "--link", "third:t", "busybox", "ping", "-c1", "-W5", "t").returncode == 0
    docker("rename", "first", "renamed")
    docker("restart", "-t", "0", "third")
    assert docker("exec", "third", "hostname").stdout == "one.example\n"


@pytest.mark.parametrize("ring", [["alone"], ["one", "two"], ["one", "two", "three"]])
def test_a_ring_of_shared_networks_is_refused_and_stops_nothing(shared_daemon: Daemon, ring: list[str]):
    """Each names the next one, which comes later."""
    docker = shared_daemon.docker
    for name, following in zip(ring, [*ring[1:], ring[0]], strict=True):
        docker("create", "--name", name, "--network", f"container:{following}", "busybox", "sleep", "600")
    refused = docker("create", "--link", f"{ring[0]}:x", "busybox", check=False, timeout=30)
    assert "cannot join own network namespace" in refused.stderr
    docker("create", "--name", "outside", "--network", f"container:{ring[-1]}", "busybox")
    assert docker("inspect", ring[0], "outside", timeout=30).returncode == 0
    assert shared_daemon.request("HEAD", "/containers/outside/archive?path=/bin/busybox")[0] == 200
    assert docker("start", ring[0], check=False, timeout=30).returncode == 1


def test_a_link_on_a_user_network_may_lead_to_a_container_that_comes_later(shared_daemon: Daemon):
    docker = shared_daemon.docker
    docker("network", "create", "lane.one")
    try:
        docker("run", "-d", "--name", "first", "--network", "lane.one", "--link", "third:bar", "busybox", "sleep", "600")
        assert docker("exec", "first", "ping", "-c1", "-W1", "bar", check=False).returncode != 0
        docker("run", "-d", "--name", "third", "--network", "lane.one", "busybox", "sleep", "600")
        for name in ("bar", "third", "third.lane.one", "bar.LANE.one"):
            assert answered(shared_daemon, "first", name), name
    finally:
        shared_daemon.remove_containers()
        docker("network", "rm", "lane.one")


def answered(daemon: Daemon, container: str, name: str) -> bool:
    deadline = time.monotonic() + 30
    while daemon.docker("exec", container, "ping", "-c1", "-W2", name, check=False).returncode:
        if time.monotonic() > deadline:
            return False
    return True


def test_links_are_the_exceptions_of_a_default_network_that_keeps_containers_apart(start_daemon: DaemonFactory):
    """They open the ports that a container exposes or publishes, to the one that is linked to it, for as long as both are there."""
    with start_daemon(config="[bridge]\nicc = false\n") as daemon:
        docker = daemon.docker
        docker("pull", "--quiet", "busybox")
        serve = ("busybox", "sh", "-c", "httpd -p 80 && httpd -p 81 && exec sleep 600")
        docker("run", "--detach", "--name", "db", "--expose", "80", *serve)
        docker("run", "--detach", "--name", "web", "--link", "db:store", "busybox", "sleep", "600")
        docker("run", "--detach", "--name", "stranger", "busybox", "sleep", "600")
        address = docker("inspect", "--format", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "db").stdout.strip()
        assert _fetches(daemon, "web", "store:80")
        assert not _fetches(daemon, "web", "store:81", seconds=1)
        assert not _fetches(daemon, "stranger", f"{address}:80", seconds=1)
        daemon.kill9()
        daemon.start()
        assert _fetches(daemon, "web", "store:80"), "the next daemon opens them again"
        docker("restart", "--time", "0", "db")
        assert _fetches(daemon, "web", "store:80"), "it may have another address now"
        docker("rm", "--link", "web/store")
        address = docker("inspect", "--format", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "db").stdout.strip()
        assert not _fetches(daemon, "web", f"{address}:80", seconds=1)


def _fetches(daemon: Daemon, container: str, place: str, seconds: int = 20) -> bool:
    """Say whether a web server answers a container at `host:port`; the host may be a name of /etc/hosts."""
    host, _, port = place.partition(":")
    for line in daemon.docker("exec", container, "cat", "/etc/hosts").stdout.splitlines():
        address, *names = line.split()
        host = address if host in names else host
    ask = f"printf 'GET /nothing HTTP/1.0\\r\\n\\r\\n' | nc -w {seconds} {host} {port}"
    return "404" in daemon.docker("exec", container, "sh", "-c", ask, check=False).stdout
