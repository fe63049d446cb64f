"""A disk whose file system the kernel makes read-only under a running daemon, as it does after an error of the disk."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar
from tests.busybox import push
from tests.daemon import Daemon
from tests.network import NetworkNamespace
from tests.own_disk import daemon_on_disk, state

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(300)]


@pytest.fixture
def frail(tmpfs: Path, network: NetworkNamespace, registry: RunningRegistry) -> Iterator[Daemon]:
    """A daemon whose data root is an ext4 of its own."""

    def format_and_mount(daemon: Daemon) -> None:
        disk = daemon.directory / "disk"
        with disk.open("wb") as file:
            file.truncate(256 << 20)
        subprocess.run(["mkfs.ext4", "-q", disk], check=True)
        _mount(daemon)

    with daemon_on_disk(tmpfs / "frail", network, format_and_mount) as daemon:
        yield daemon


def _mount(daemon: Daemon) -> None:
    subprocess.run(["mount", "-o", "loop,errors=remount-ro", daemon.directory / "disk", daemon.data_root], check=True)


def _break(daemon: Daemon) -> None:
    """Do what the kernel does after an error; what was written before is on the disk by then."""
    os.sync()
    subprocess.run(["mount", "-o", "remount,abort", daemon.data_root], check=True)


def test_the_daemon_serves_says_why_it_cannot_write_and_goes_on_with_a_repaired_disk(frail: Daemon) -> None:
    waits = "echo said; trap 'exit 7' TERM; while :; do sleep 0.1; done"
    for name in ("stopped", "killed"):
        frail.docker("run", "-d", "--name", name, "busybox", "sh", "-c", waits)
    frail.docker("run", "--name", "ended", "busybox", "true")
    frail.docker("volume", "create", "kept")
    context = frail.directory / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM busybox\nRUN echo made\n")
    (context / "root.tar").write_bytes(make_tar({"file": b"x"}))
    with frail.network.entered():
        push(make_image([make_tar({"other": b"x"})]), "127.0.0.1:5000", "library/other")
    writes = [
        ("create", "busybox"),
        ("run", "--rm", "busybox", "true"),
        ("pull", "other"),
        ("volume", "create", "new"),
        ("network", "create", "new"),
        ("tag", "busybox", "new"),
        ("commit", "stopped", "new"),
        ("rename", "killed", "new"),
        ("cp", str(context / "Dockerfile"), "stopped:/x"),
        ("pause", "stopped"),
        ("build", "-q", str(context)),
        ("import", str(context / "root.tar"), "new"),
        ("volume", "rm", "kept"),
        ("rm", "ended"),
    ]
    _break(frail)
    assert frail.docker("logs", "stopped").stdout == "said\n"
    assert frail.docker("exec", "stopped", "echo", "hi").stdout == "hi\n"
    for words in writes:
        refused = frail.docker(*words, check=False, environment={"DOCKER_BUILDKIT": "0"})
        assert refused.returncode != 0, words
        assert "read-only file system" in refused.stderr, words
        assert "Errno" not in refused.stderr, words
    assert frail.docker("exec", "stopped", "echo", "still").stdout == "still\n", "it is not paused"
    frail.docker("stop", "stopped")
    frail.docker("kill", "killed")
    assert [state(frail, name) for name in ("stopped", "killed")] == ["exited 7", "exited 137"]
    assert "Traceback" not in frail.log.read_text()
    frail.stop()
    subprocess.run(["umount", frail.data_root], check=True)
    _mount(frail)
    frail.start()
    assert frail.docker("volume", "ls", "-q").stdout == "kept\n"
    frail.docker("start", "stopped")
    for words in writes:
        frail.docker(*words, environment={"DOCKER_BUILDKIT": "0"})
    frail.docker("rm", "-f", *frail.docker("ps", "-aq").stdout.split())


def test_a_daemon_does_not_start_on_such_a_disk_and_says_why(frail: Daemon) -> None:
    frail.stop()
    _break(frail)
    frail.begin()
    assert frail.process is not None
    assert frail.process.wait(30) != 0
    frail.process = None
    said = frail.log.read_text().splitlines()[-1]
    assert "read-only file system" in said.lower()
    assert "Traceback" not in frail.log.read_text()
    subprocess.run(["umount", frail.data_root], check=True)
    _mount(frail)
    frail.start()
