"""The sockets of a container's name server, in a network namespace."""

import os
import socket

import pytest

from core.networks.dns.listening import Listening, listen
from sdk.linux.namespaces import in_network_namespace

pytestmark = [pytest.mark.privileged, pytest.mark.usefixtures("own_network")]

HERE = "/proc/thread-self/ns/net"


def answers(listening: Listening) -> bool:
    """Ask at port 53 by UDP and TCP, as a container's programs do."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(20)
        client.connect(("127.0.0.11", 53))
        client.send(b"question")
        _, sender = listening.udp.recvfrom(64)
        listening.udp.sendto(b"answer", sender)
        by_udp = client.recv(64)
    with socket.create_connection(("127.0.0.11", 53), timeout=20):
        connection, _ = listening.tcp.accept()
        connection.close()
    return by_udp == b"answer"


def listening_here() -> Listening:
    fd = os.open(HERE, os.O_RDONLY)
    try:
        return listen(f"/proc/{os.getpid()}/fd/{fd}")
    finally:
        os.close(fd)


def test_port_53_stays_free_for_a_server_of_the_containers_own() -> None:
    listening = listening_here()
    with socket.create_server(("0.0.0.0", 53)):
        assert answers(listening)
    listening.close()


def test_a_later_daemon_takes_over() -> None:
    listening_here().close()
    again = listening_here()
    assert answers(again)
    again.close()


def test_it_works_with_more_descriptors_than_select_knows() -> None:
    taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        listening = listening_here()
        with socket.create_server(("0.0.0.0", 53)):
            assert answers(listening)
        assert all(os.fstat(fd) for fd in taken), "the others' descriptors are untouched"
    finally:
        for fd in taken:
            os.close(fd)
    listening.close()


def test_the_calling_thread_stays_where_it_is() -> None:
    before = os.readlink(HERE)
    fd = os.open(HERE, os.O_RDONLY)
    assert in_network_namespace(f"/proc/{os.getpid()}/fd/{fd}", lambda: os.readlink(HERE)) == before
    os.close(fd)
    assert os.readlink(HERE) == before
