"""A daemon killed, and a disk that fills up, in the middle of a load, an import, a commit and a pull: nothing is left, and the next attempt succeeds."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sdk.testing.images import make_image, make_tar
from tests.asking import eventually
from tests.busybox import push
from tests.conftest import REGISTRY, DaemonFactory
from tests.connection import UnixConnection
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

_BIG = make_tar({"big": os.urandom(24 << 20)})

IMPORT, LOAD = "/images/create?fromSrc=-&repo=imported", "/images/load?quiet=1"


def temporaries(daemon: Daemon) -> list[Path]:
    return list((daemon.data_root / "content" / "ingest").iterdir())


def arrived(daemon: Daemon) -> int:
    """Return how many bytes have been written of what is coming in."""
    ingest = daemon.data_root / "content" / "ingest"
    return sum(path.stat().st_size for path in ingest.rglob("*") if path.is_file())


def blobs(daemon: Daemon) -> set[str]:
    return {path.name for path in (daemon.data_root / "content/blobs/sha256").iterdir()}


def send(daemon: Daemon, path: str, body: bytes) -> bytes:
    connection = UnixConnection(daemon.socket, 60)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/x-tar"})
        return connection.getresponse().read()
    finally:
        connection.close()


def send_half(daemon: Daemon, path: str, body: bytes) -> socket.socket:
    """Begin a request and stop in the middle of its body."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(daemon.socket))
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body[: len(body) // 2])
    return connection


@pytest.fixture
def ready(daemon: Daemon) -> Iterator[Daemon]:
    """A daemon with an image and a container whose commit takes a while."""
    daemon.docker("run", "--name", "changed", "--network", "none", "busybox", "sh", "-c", "head -c 24000000 /dev/urandom > /big")
    yield daemon
    assert temporaries(daemon) == []


def saved(daemon: Daemon) -> bytes:
    """Return an archive of an image, with a big file in front that is nobody's."""
    with closing(UnixConnection(daemon.socket, 60)) as connection:
        connection.request("GET", "/images/busybox/get")
        return _BIG.rstrip(b"\0") + bytes(-len(_BIG.rstrip(b"\0")) % 512) + connection.getresponse().read()


@pytest.mark.parametrize("path", [IMPORT, LOAD])
def test_killed_while_an_archive_arrives(ready: Daemon, path: str) -> None:
    before = blobs(ready)
    body = _BIG if path == IMPORT else saved(ready)
    with send_half(ready, path, body):
        eventually(lambda: arrived(ready) > 100_000)
        ready.kill9()
    ready.start()
    assert (temporaries(ready), blobs(ready)) == ([], before)
    ready.assert_clean()
    assert b'"error"' not in send(ready, path, body)


def test_killed_while_it_commits(ready: Daemon) -> None:
    before = blobs(ready)
    commit = ready.popen("docker", "commit", "changed", "committed")
    eventually(lambda: temporaries(ready) != [])
    ready.kill9()
    commit.communicate()
    ready.start()
    assert (temporaries(ready), blobs(ready)) == ([], before)
    ready.assert_clean()
    ready.docker("commit", "changed", "committed")


def test_a_client_that_goes_away(ready: Daemon) -> None:
    before = blobs(ready)
    for path in (IMPORT, LOAD):
        with send_half(ready, path, _BIG):
            eventually(lambda: temporaries(ready) != [])
        eventually(lambda: temporaries(ready) == [])
    assert blobs(ready) == before


def test_a_full_disk(start_daemon: DaemonFactory, tmpfs: Path) -> None:
    image = tmpfs / "small.ext4"
    with image.open("wb") as file:
        file.truncate(80 << 20)  # the database keeps some of it for itself
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-F", image], check=True)
    with start_daemon() as daemon:
        daemon.stop()
        daemon.data_root.rename(daemon.directory / "before")
        daemon.data_root.mkdir()
        subprocess.run(["mount", "-o", "loop", image, daemon.data_root], check=True)
        try:
            daemon.start()
            _fill_and_retry(daemon)
            daemon.remove_containers()
            daemon.stop()
        finally:
            subprocess.run(["umount", "--lazy", daemon.data_root], check=True)


def _fill_and_retry(daemon: Daemon) -> None:
    daemon.docker("run", "--name", "changed", "--network", "none", "busybox", "sh", "-c", "head -c 9000000 /dev/urandom > /big")
    before, archive = blobs(daemon), saved(daemon)
    filler = daemon.data_root / "filler"
    room = os.statvfs(daemon.data_root)
    subprocess.run(["fallocate", "-l", str(room.f_bavail * room.f_bsize - (6 << 20)), filler], check=True)
    small = make_tar({"big": os.urandom(4 << 20)})
    with daemon.network.entered():
        push(make_image([make_tar({"big": os.urandom(4 << 20)}), make_tar({"small": b""})]), REGISTRY, "big")
    for said in (
        daemon.docker("pull", f"{REGISTRY}/big", check=False).stderr,
        send(daemon, IMPORT, small).decode(),
        send(daemon, LOAD, archive).decode(),
        daemon.docker("commit", "changed", "committed", check=False).stderr,
    ):
        assert "no space left on device" in said
        assert (temporaries(daemon), blobs(daemon)) == ([], before)
    daemon.assert_clean()
    filler.unlink()
    daemon.docker("pull", f"{REGISTRY}/big")
    assert b'"error"' not in send(daemon, IMPORT, small)
    assert b'"error"' not in send(daemon, LOAD, archive)
    daemon.docker("commit", "changed", "committed")
