"""Published ports of a running container go where its gateway goes."""

import json
import time
from http.client import HTTPConnection

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

_SERVER = ("busybox", "sh", "-c", "echo here > /tmp/index.html; exec httpd -f -p 80 -h /tmp")


@pytest.fixture
def daemon(shared_daemon: Daemon):
    yield shared_daemon
    shared_daemon.remove_containers()
    for name in shared_daemon.docker("network", "ls", "--quiet", "--filter", "type=custom").stdout.split():
        shared_daemon.docker("network", "rm", name)


def asked(daemon: Daemon, port: str) -> bytes:
    """Return what the server says at a port of the host, b"" if there is none."""
    with daemon.network.entered():
        connection = HTTPConnection("127.0.0.1", int(port), timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read()
        except OSError:
            return b""
        finally:
            connection.close()


def answers(daemon: Daemon, port: str) -> bool:
    """Ask the server, which may still be starting."""
    deadline = time.monotonic() + 30
    while asked(daemon, port) != b"here\n":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def port_of(daemon: Daemon) -> str:
    return daemon.docker("port", "web", "80/tcp").stdout.splitlines()[0].rpartition(":")[2]


def test_they_move_when_the_gateways_network_is_left(daemon: Daemon):
    for name in ("one", "two"):
        daemon.docker("network", "create", name)
    daemon.docker("run", "--detach", "--name", "web", "--network", "one", "--publish", "80", *_SERVER)
    daemon.docker("network", "connect", "two", "web")
    port = port_of(daemon)
    assert answers(daemon, port)
    daemon.docker("network", "disconnect", "one", "web")
    assert port_of(daemon) == port
    assert answers(daemon, port)
    daemon.restart()
    assert answers(daemon, port), "the record says where they are"
    daemon.docker("network", "disconnect", "two", "web")
    assert daemon.docker("port", "web").stdout == ""
    daemon.docker("run", "--rm", "--publish", f"{port}:80", "busybox", "true")
    daemon.docker("network", "connect", "one", "web")
    assert answers(daemon, port_of(daemon)), "published anew by the next network that brings a gateway"


def test_they_move_to_a_network_of_higher_priority(daemon: Daemon):
    for name in ("one", "two"):
        daemon.docker("network", "create", name)
    daemon.docker("run", "--detach", "--name", "web", "--network", "one", "--publish", "18088:80", *_SERVER)
    daemon.docker("network", "connect", "--gw-priority", "5", "two", "web")
    assert answers(daemon, "18088")
    daemon.docker("network", "disconnect", "one", "web")
    assert answers(daemon, "18088"), "the first network has nothing to do with them any more"
    daemon.docker("network", "connect", "one", "web")
    daemon.docker("network", "disconnect", "two", "web")
    assert answers(daemon, "18088")


def test_a_container_without_a_way_out_publishes_when_it_gets_one(daemon: Daemon):
    daemon.docker("network", "create", "--internal", "inside")
    daemon.docker("network", "create", "outside")
    daemon.docker("run", "--detach", "--name", "web", "--network", "inside", "--publish", "18089:80", *_SERVER)
    assert asked(daemon, "18089") == b""
    daemon.docker("network", "connect", "outside", "web")
    assert answers(daemon, "18089")


def test_a_join_that_fails_leaves_them_where_they_are(daemon: Daemon):
    daemon.docker("network", "create", "one")
    daemon.docker("network", "create", "--subnet", "10.77.0.0/24", "two")
    daemon.docker("run", "--detach", "--name", "web", "--network", "one", "--publish", "18088:80", *_SERVER)
    daemon.docker("run", "--detach", "--name", "other", "--network", "two", "--ip", "10.77.0.9", "busybox", "sleep", "600")
    taken = ("network", "connect", "--gw-priority", "5", "--ip", "10.77.0.9", "two", "web")
    assert "Address already in use" in daemon.docker(*taken, check=False).stderr
    assert answers(daemon, "18088")


def host_ports(daemon: Daemon) -> list[str]:
    """Return the ports of the host that lead to the container, "" for each IP version by which it is routed to."""
    ports = json.loads(daemon.docker("inspect", "web").stdout)[0]["NetworkSettings"]["Ports"]["80/tcp"]
    return [binding["HostPort"] for binding in ports or []]


def neighbour_reaches(daemon: Daemon, network: str) -> bool:
    """Tell whether a container of another network reaches the server at its own address on a network."""
    address = json.loads(daemon.docker("inspect", "web").stdout)[0]["NetworkSettings"]["Networks"][network]["IPAddress"]
    ask = f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 {address} 80"
    return "here" in daemon.docker("run", "--rm", "busybox", "sh", "-c", ask, check=False).stdout


def test_a_routed_network_opens_them_also_where_it_is_not_the_gateway(daemon: Daemon):
    daemon.docker("network", "create", "one")
    daemon.docker("network", "create", "-o", "com.docker.network.bridge.gateway_mode_ipv4=routed", "way")
    daemon.docker("run", "--detach", "--name", "web", "--network", "one", "--publish", "127.0.0.1:18088:80", *_SERVER)
    daemon.docker("network", "connect", "way", "web")
    assert answers(daemon, "18088")
    assert host_ports(daemon) == ["18088", ""]
    eventually(lambda: neighbour_reaches(daemon, "way"))
    assert not neighbour_reaches(daemon, "one")
    assert "arrives at" in daemon.core("network", "explain", "web").stdout
    daemon.docker("network", "disconnect", "one", "web")
    assert host_ports(daemon) == [""]
    eventually(lambda: neighbour_reaches(daemon, "way"))
    assert asked(daemon, "18088") == b""
    daemon.docker("network", "connect", "--gw-priority", "5", "one", "web")
    assert answers(daemon, "18088"), "the number that was asked for is not forgotten"
    eventually(lambda: neighbour_reaches(daemon, "way"))
