"""Who is at the other end, as the kernel tells it."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.daemon.peers import subject_of
from sdk.drivers.authorizer import Subject, Transport


class Wire(asyncio.Transport):
    """A transport over a socket."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__({"socket": connection, "peername": connection.getpeername()})


def connect(path: str, identity: tuple[int, int, list[int]]) -> int:
    """Connect from a process of its own, of this identity; return its ID. It ends when the connection does."""
    child = os.fork()
    if child == 0:
        try:
            uid, gid, groups = identity
            os.setgroups(groups)
            os.setgid(gid)
            os.setuid(uid)
            client = socket.socket(socket.AF_UNIX)
            client.connect(path)
            client.recv(1)
        finally:
            os._exit(0)
    return child


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/s")
        server.listen()
        server.settimeout(30)
        os.chmod(f"{tmp_path}/s", 0o666)
        for directory in (tmp_path, *tmp_path.parents[:3]):
            if directory.stat().st_uid == os.geteuid() and directory != Path("/tmp"):
                os.chmod(directory, 0o755)
        yield server


@pytest.mark.privileged
@pytest.mark.parametrize("groups", [[], [7, 2000, 3000], list(range(5000, 5300))])
def test_a_process_on_a_unix_socket(listening: socket.socket, groups: list[int]) -> None:
    child = connect(listening.getsockname(), (1234, 5678, groups))
    connection, _ = listening.accept()
    with connection:
        subject = subject_of(Wire(connection))
    os.waitpid(child, 0)
    assert subject == Subject(Transport.UNIX, 1234, 5678, frozenset(groups), child)


def test_a_client_of_tcp_has_an_address_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        connection, address = server.accept()
        with connection:
            assert subject_of(Wire(connection)) == Subject(Transport.TCP, address=f"127.0.0.1:{address[1]}")
        assert client.getsockname() == address


def test_of_a_closed_connection_nothing_is_told(listening: socket.socket) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(listening.getsockname())
        connection, _ = listening.accept()
        wire = Wire(connection)
        connection.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            subject_of(wire)
