"""Names that are no container's: asked of servers on the container's networks, by way of its own namespace."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from dnslib import RCODE, RR, A, DNSRecord

from core.networks.dns.upstreams import SLOT_SECONDS
from sdk.drivers.network import Sandbox
from sdk.testing.contracts.network import inside
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

SLEEP = ("busybox", "sleep", "1000")


@contextmanager
def name_server(pid: str) -> Iterator[None]:
    """Answer every question in a container's network, at port 53, with 192.0.2.9."""
    with inside(Sandbox(f"/proc/{pid}/ns/net")):
        serving = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    serving.bind(("0.0.0.0", 53))

    def serve() -> None:
        while True:
            data, client = serving.recvfrom(512)
            if not data:
                return
            reply = DNSRecord.parse(data).reply()
            reply.add_answer(RR(reply.q.qname, rdata=A("192.0.2.9"), ttl=60))
            serving.sendto(reply.pack(), client)

    thread = Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        with inside(Sandbox(f"/proc/{pid}/ns/net")), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"", ("127.0.0.1", 53))
        thread.join()
        serving.close()


def test_a_server_in_another_container_after_a_dead_one(shared_daemon: Daemon) -> None:
    docker = shared_daemon.docker
    docker("network", "create", "--subnet", "10.77.0.0/24", "web")
    docker("network", "create", "--internal", "inn")
    docker("run", "-d", "--name", "dns", "--network", "web", "--ip", "10.77.0.53", *SLEEP)
    servers = ("--dns", "10.77.0.99", "--dns", "10.77.0.53")
    docker("run", "-d", "--name", "one", "--network", "web", *servers, "--dns-search", "example.org", *SLEEP)
    docker("run", "-d", "--name", "two", "--network", "inn", *servers, *SLEEP)
    try:
        with name_server(docker("inspect", "--format", "{{.State.Pid}}", "dns").stdout.strip()):
            assert "192.0.2.9" in docker("exec", "one", "nslookup", "-type=a", "host.example.org").stdout
            assert "(10.77.0.53)" in docker("exec", "one", "ping", "-c1", "-W2", "dns").stdout
            assert "search example.org\n" in docker("exec", "one", "cat", "/etc/resolv.conf").stdout
            said = docker("exec", "two", "nslookup", "-type=a", "host.example.org", check=False)
            assert "SERVFAIL" in said.stdout + said.stderr, "an internal network leads to nobody"
    finally:
        shared_daemon.remove_containers()
        docker("network", "rm", "web", "inn")


@pytest.mark.parametrize(("servers", "questions", "waits"), [(2, 10, 0), (3, 40, 4)])
def test_without_a_way_out_the_client_is_told_at_once(shared_daemon: Daemon, servers: int, questions: int, waits: int) -> None:
    """The daemon's namespace has no default route: its kernel answers packets from the bridge with ICMP errors, not with all of them.

    Of three servers one is silent: it is waited for twice, then once in five seconds. What the kernel grants is counted by address.
    """
    docker = shared_daemon.docker
    docker("network", "create", "--subnet", f"10.77.{servers}.0/24", "web")
    options = [f"--dns=192.0.2.{53 + number}" for number in range(servers)]
    docker("run", "-d", "--name", "one", "--network", "web", *options, *SLEEP)
    try:
        pid = docker("inspect", "--format", "{{.State.Pid}}", "one").stdout.strip()
        with inside(Sandbox(f"/proc/{pid}/ns/net")):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with client:
            client.settimeout(20)
            waited = 0
            for number in range(questions):
                began = time.monotonic()
                client.sendto(DNSRecord.question(f"host{number}.example.org").pack(), ("127.0.0.11", 53))
                assert DNSRecord.parse(client.recv(512)).header.rcode == RCODE.SERVFAIL
                waited += time.monotonic() - began > 0.95 * SLOT_SECONDS
                time.sleep(0.15)
            assert waited <= waits
    finally:
        shared_daemon.remove_containers()
        docker("network", "rm", "web")
