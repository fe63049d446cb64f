"""A disk that is full to the last block: containers can be stopped and removed, a daemon starts on it, and room can be made."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sdk.testing.distribution import RunningRegistry
from tests.asking import eventually
from tests.daemon import Daemon
from tests.network import NetworkNamespace
from tests.own_disk import daemon_on_disk, state

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(300)]

TALKS = "trap 'exit 7' TERM; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; [ -e /slow ] || sleep 0.01; done; sleep 1000"


@pytest.fixture
def small(tmpfs: Path, network: NetworkNamespace, registry: RunningRegistry) -> Iterator[Daemon]:
    """A daemon whose data root is a small disk of its own."""

    def mount(daemon: Daemon) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "core-test", daemon.data_root], check=True)

    with daemon_on_disk(tmpfs / "small", network, mount) as daemon:
        yield daemon
        _empty(daemon)


def _fill(daemon: Daemon) -> None:
    """Leave no byte and no block of the data root free."""
    descriptor = os.open(daemon.data_root / "filling", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
    try:
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while True:
                    os.write(descriptor, bytes(size))
    finally:
        os.close(descriptor)


def _empty(daemon: Daemon) -> None:
    (daemon.data_root / "filling").unlink(missing_ok=True)


def test_containers_are_stopped_paused_and_removed_on_a_full_disk(small: Daemon) -> None:
    for name in ("stopped", "killed", "paused", "removed", "ends"):
        small.docker(
            "run", "-d", "--name", name, "busybox", "sh", "-c", "trap 'exit 7' TERM; while [ ! -e /end ]; do sleep 0.1; done"
        )
    small.docker("exec", "ends", "sh", "-c", "sleep 3 && touch /end &")
    small.docker("pause", "paused")
    _fill(small)
    small.docker("stop", "stopped")
    small.docker("kill", "killed")
    small.docker("unpause", "paused")
    small.docker("rm", "-f", "removed")
    assert [state(small, name) for name in ("stopped", "killed", "paused")] == ["exited 7", "exited 137", "running 0"]
    small.kill9()
    small.start()
    assert [state(small, name) for name in ("stopped", "killed", "paused")] == ["exited 7", "exited 137", "running 0"]
    assert small.docker("inspect", "removed", check=False).returncode == 1


def test_a_daemon_starts_on_a_full_disk_and_makes_room(small: Daemon) -> None:
    small.docker("run", "-d", "--name", "runs", "busybox", "sleep", "1000")
    small.docker("create", "--name", "made", "busybox", "true")
    for end in (small.stop, small.kill9):
        _fill(small)
        end()
        _fill(small)
        small.start()
        assert state(small, "runs") == "running 0"
    assert "Traceback" not in small.log.read_text()
    small.docker("rm", "made")
    small.docker("rm", "-f", "runs")
    assert small.docker("image", "prune", "-af").returncode == 0
    assert small.docker("images", "-q").stdout == ""


def test_a_build_on_a_full_disk_says_so(small: Daemon) -> None:
    context = small.directory / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM busybox\nCOPY large /\n")
    (context / "large").write_bytes(os.urandom(1 << 20))
    _fill(small)
    refused = small.docker("build", "-q", str(context), check=False, environment={"DOCKER_BUILDKIT": "0"})
    assert refused.returncode == 1
    assert "no space left on device" in refused.stderr
    assert "TaskGroup" not in refused.stderr + small.log.read_text()
    _empty(small)
    assert small.docker("build", "-q", str(context), environment={"DOCKER_BUILDKIT": "0"}).stdout.startswith("sha256:")


def test_a_gap_in_a_log_is_told_there_and_not_with_every_line_in_the_daemons(small: Daemon) -> None:
    small.docker("run", "-d", "--name", "talks", "busybox", "sh", "-c", TALKS)
    eventually(lambda: small.docker("logs", "talks").stdout)
    _fill(small)
    eventually(lambda: "cannot be logged" in small.log.read_text())
    time.sleep(1)
    _empty(small)
    eventually(lambda: "[core]" in small.docker("logs", "talks").stdout)
    lines = small.docker("logs", "talks").stdout.splitlines()
    (gap,) = [number for number, line in enumerate(lines) if line.startswith("[core] ")]
    assert "bytes of output are missing here" in lines[gap]
    assert lines[gap - 1] == f"line {gap}"
    after = int(lines[gap + 1].removeprefix("line "))
    assert sum(len(f"line {number}\n") for number in range(gap + 1, after)) == int(lines[gap].split()[1])
    assert small.log.read_text().count("cannot be logged") == 1
