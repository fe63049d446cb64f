"""Clients that send their bodies for ever, or go away in the middle, cost others nothing."""

import contextlib
import socket
import statistics
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

CLIENTS = 40
PATHS = ["/build", "/images/load", "/images/create?fromSrc=-", "/containers/create"]


def endless(path: str) -> tuple[bytes, bytes]:
    """Return how a body without end begins, and a piece of it."""
    kind = b"application/json" if path == "/containers/create" else b"application/x-tar"
    entry = tarfile.TarInfo("file")
    entry.size = 1 << 40
    start = b"" if path == "/containers/create" else chunk(entry.tobuf(tarfile.GNU_FORMAT))
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % (path.encode(), kind)
    return head + start, chunk(b" " * 2000 if path == "/containers/create" else bytes(2000))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@contextmanager
def sending(daemon: Daemon, path: str, clients: int) -> Iterator[None]:
    """Have clients send such bodies, a piece each every now and then, until the block ends; they go away in the middle."""
    stop = threading.Event()
    start, piece = endless(path)

    def send() -> None:
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.connect(str(daemon.socket))
            client.sendall(start)
            while not stop.wait(0.5):
                client.sendall(piece)

    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("path", PATHS)
def test_others_are_answered_beside_bodies_without_end(shared_daemon: Daemon, path: str) -> None:
    taken = []
    with sending(shared_daemon, path, CLIENTS):
        for _ in range(25):
            began = time.monotonic()
            assert shared_daemon.answers()
            taken.append(time.monotonic() - began)
            time.sleep(0.1)
    assert statistics.median(taken) < 1
    assert "Traceback" not in shared_daemon.log.read_text()
