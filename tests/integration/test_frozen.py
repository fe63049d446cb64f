"""No container stays frozen that no client paused, and one that a client paused stays so."""

import threading
from pathlib import Path

import pytest

from core.host.records import read_records
from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(300)]

COUNTS = "trap 'exit 7' TERM; i=0; while :; do i=$((i+1)); echo $i > /count; sleep 0.02; done"


def _run(daemon: Daemon, name: str) -> str:
    container = daemon.docker("run", "-d", "--name", name, "busybox", "sh", "-c", COUNTS).stdout.strip()
    eventually(lambda: daemon.docker("exec", name, "cat", "/count", check=False).returncode == 0)
    return container


def _status(daemon: Daemon, name: str) -> str:
    return daemon.docker("inspect", "-f", "{{.State.Status}}", name).stdout.strip()


def _goes_on(daemon: Daemon, name: str) -> None:
    """Assert that a container does something."""
    before = daemon.docker("exec", name, "cat", "/count").stdout
    eventually(lambda: daemon.docker("exec", name, "cat", "/count").stdout not in ("", before))


def _freeze(daemon: Daemon, container: str) -> None:
    """Freeze a container behind the daemon's back."""
    group = f"core-{read_records(daemon.data_root).instance}/{container}"
    version1 = Path(f"/sys/fs/cgroup/freezer/{group}/freezer.state")
    if version1.exists():
        version1.write_text("FROZEN")
        eventually(lambda: version1.read_text() == "FROZEN\n")
    else:
        Path(f"/sys/fs/cgroup/{group}/cgroup.freeze").write_text("1")


def test_killed_during_a_commit_the_next_daemon_thaws_the_container(shared_daemon: Daemon) -> None:
    _run(shared_daemon, "counter")
    shared_daemon.docker("exec", "counter", "sh", "-c", "dd if=/dev/urandom of=/big bs=1M count=48 2>/dev/null")
    commit = threading.Thread(target=shared_daemon.docker, args=("commit", "counter", "image"), kwargs={"check": False})
    commit.start()
    eventually(lambda: shared_daemon.json("/containers/counter/json")["State"]["Paused"])
    shared_daemon.kill9()
    commit.join()
    shared_daemon.start()
    assert _status(shared_daemon, "counter") == "running"
    _goes_on(shared_daemon, "counter")
    shared_daemon.docker("stop", "counter")
    assert shared_daemon.docker("wait", "counter").stdout == "7\n"


def test_a_container_that_a_killed_daemon_left_frozen_runs_again(shared_daemon: Daemon) -> None:
    container = _run(shared_daemon, "counter")
    shared_daemon.kill9()
    _freeze(shared_daemon, container)
    shared_daemon.start()
    _goes_on(shared_daemon, "counter")


def test_what_a_client_paused_stays_paused(shared_daemon: Daemon) -> None:
    _run(shared_daemon, "counter")
    shared_daemon.docker("pause", "counter")
    shared_daemon.kill9()
    shared_daemon.start()
    assert _status(shared_daemon, "counter") == "paused"
    assert "is paused" in shared_daemon.docker("exec", "counter", "true", check=False).stderr
    shared_daemon.docker("unpause", "counter")
    _goes_on(shared_daemon, "counter")


@pytest.mark.parametrize("verb", [("stop", "-t", "0"), ("kill",), ("rm", "-f")], ids=lambda verb: verb[0])
def test_a_container_that_something_else_froze_can_be_ended(shared_daemon: Daemon, verb: tuple[str, ...]) -> None:
    container = _run(shared_daemon, "counter")
    _freeze(shared_daemon, container)
    shared_daemon.docker(*verb, "counter")
    assert shared_daemon.docker("ps", "-q").stdout == ""


def test_a_paused_container_that_is_sent_a_signal_it_survives_is_not_said_to_be_paused(shared_daemon: Daemon) -> None:
    shared_daemon.docker("run", "-d", "--name", "deaf", "busybox", "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
    shared_daemon.docker("pause", "deaf")
    shared_daemon.docker("kill", "--signal", "TERM", "deaf")
    assert _status(shared_daemon, "deaf") == "running"
    shared_daemon.docker("exec", "deaf", "true")
