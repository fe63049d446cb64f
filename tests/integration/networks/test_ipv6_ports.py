"""Ports published for clients by IPv6, though containers of the default network have none."""

import time
from collections.abc import Callable
from http.client import HTTPConnection

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

Docker = Callable[..., str]

_SERVER = ("busybox", "sh", "-c", "echo here > /tmp/index.html; exec httpd -f -p 80 -h /tmp")


def asked(daemon: Daemon, host: str, port: int) -> bytes:
    """Return what the server says, which may still be starting."""
    deadline = time.monotonic() + 30
    while True:
        with daemon.network.entered():
            connection = HTTPConnection(host, port, timeout=5)
            try:
                connection.request("GET", "/")
                return connection.getresponse().read()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            finally:
                connection.close()


def test_a_port_is_published_by_both_versions_and_stays_so_when_the_daemon_dies(docker: Docker, shared_daemon: Daemon) -> None:
    docker("run", "-d", "--name", "web", "-p", "9876:80", "-p", "[::1]:9877:80", "-p", "[::]:9878:80", *_SERVER)
    assert sorted(docker("port", "web", "80").split()) == ["0.0.0.0:9876", "[::1]:9877", "[::]:9876", "[::]:9878"]
    assert docker("ps", "--format", "{{.Ports}}").startswith("0.0.0.0:9876->80/tcp, [::]:9876->80/tcp")
    places = [("127.0.0.1", 9876), ("::1", 9876), ("::1", 9877), ("::1", 9878)]
    for killed in (False, True):
        if killed:
            shared_daemon.kill9()
            shared_daemon.start()
        assert [asked(shared_daemon, *place) for place in places] == [b"here\n"] * 4
    docker("restart", "-t", "0", "web")
    assert asked(shared_daemon, "::1", 9877) == b"here\n"
    docker("rm", "-f", "web")
    with pytest.raises(ConnectionRefusedError), shared_daemon.network.entered():
        HTTPConnection("::1", 9877, timeout=5).connect()


def test_dynamic_ports_leave_a_containers_own_static_ones_free(docker: Docker, shared_daemon: Daemon) -> None:
    docker("run", "-d", "--name", "first", "-p", "80", "busybox", "sleep", "1000")
    taken = int(docker("port", "first", "80").splitlines()[0].rpartition(":")[2])
    docker("run", "-d", "--name", "second", "-P", "-p", "80", "-p", f"{taken + 1}:8080", "busybox", "sleep", "1000")
    assert docker("port", "second", "8080").splitlines()[0] == f"0.0.0.0:{taken + 1}"
    assert docker("port", "second", "80").splitlines()[0] != f"0.0.0.0:{taken + 1}"


def test_a_host_address_that_is_none_is_refused_at_create(shared_daemon: Daemon) -> None:
    body = {"Image": "busybox", "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "nonsense", "HostPort": "80"}]}}}
    status, said = shared_daemon.request("POST", "/containers/create", body)
    assert (status, b"unable to parse IP" in said) == (400, True)
