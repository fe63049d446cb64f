"""A daemon that is killed while it fills a volume from an image."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from sdk.testing.images import make_tar
from tests.asking import eventually
from tests.conftest import DaemonFactory
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

FILES = 2000


@pytest.fixture
def daemon(start_daemon: DaemonFactory, tmp_path: Path) -> Iterator[Daemon]:
    archive = tmp_path / "many.tar"
    archive.write_bytes(make_tar({f"many/{number}": b"x" for number in range(FILES)}))
    with start_daemon() as started:
        started.docker("import", str(archive), "many")
        started.docker("volume", "create", "vol")
        yield started


def place(daemon: Daemon) -> Path:
    return Path(daemon.docker("volume", "inspect", "-f", "{{.Mountpoint}}", "vol").stdout.strip())


def create(daemon: Daemon) -> None:
    daemon.docker("create", "-v", "vol:/many", "many", "true", check=False)


@contextmanager
def held_back(file: Path) -> Iterator[None]:
    """Keep a process that opens a file waiting until the block ends, by a lease (fcntl(2)), which lasts 45 seconds at the most."""
    lease = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.fcntl(lease, fcntl.F_SETSIG, signal.SIGURG)  # told so of the one that waits; ignored, which SIGIO would not be
        fcntl.fcntl(lease, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        yield
    finally:
        os.close(lease)


def cut_off(daemon: Daemon) -> None:
    """Kill the daemon when it has filled half of the volume, and start it again."""
    directory = place(daemon)
    (image,) = daemon.data_root.glob("**/fs/many")
    client = Thread(target=create, args=(daemon,))
    with held_back(image / os.listdir(image)[FILES // 2]):
        client.start()
        eventually(lambda: os.listdir(directory))
        daemon.kill9()
    client.join()
    assert 0 < len(os.listdir(directory)) < FILES
    daemon.start()


def test_the_next_container_fills_it_again(daemon: Daemon) -> None:
    cut_off(daemon)
    assert os.listdir(place(daemon)) == []
    create(daemon)
    assert len(os.listdir(place(daemon))) == FILES


def test_what_a_container_has_that_outlived_the_daemon_stays(daemon: Daemon) -> None:
    daemon.docker("run", "-d", "--name", "other", "-v", "vol:/v:nocopy", "busybox", "sleep", "600")
    cut_off(daemon)
    (place(daemon) / "mine").touch()
    create(daemon)
    assert "mine" in os.listdir(place(daemon))
