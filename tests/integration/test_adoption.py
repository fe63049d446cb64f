"""A daemon takes over what it can of each container: a step that fails is told, and neither this container nor others are lost by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(300)]

WAITS = "trap 'echo ended; exit 7' TERM; echo begun; while :; do sleep 0.1; done"


@contextmanager
def _down(daemon: Daemon) -> Iterator[None]:
    """Have the daemon dead during the block, and another one serve afterwards."""
    daemon.kill9()
    yield
    daemon.start()


def _run(daemon: Daemon, name: str) -> Path:
    """Run a container that ends with 7 when it is stopped; return its bundle."""
    container = daemon.docker("run", "-d", "--name", name, "busybox", "sh", "-c", WAITS).stdout.strip()
    eventually(lambda: "begun" in daemon.docker("logs", name).stdout)
    return daemon.exec_root / "containers" / container


def _inspect(daemon: Daemon, name: str, template: str) -> str:
    return daemon.docker("inspect", "-f", template, name).stdout.strip()


def test_a_spool_that_makes_no_sense_does_not_keep_a_container_from_being_supervised(shared_daemon: Daemon) -> None:
    bundle = _run(shared_daemon, "hurt")
    _run(shared_daemon, "whole")
    with _down(shared_daemon):
        (bundle / "spool.stdout").write_bytes(b"\xff" * 4096)
    shared_daemon.docker("stop", "hurt", "whole")
    assert [_inspect(shared_daemon, name, "{{.State.Status}} {{.State.ExitCode}}") for name in ("hurt", "whole")] == [
        "exited 7"
    ] * 2
    told = "[core] output may be missing or twice here: the spool of its output is damaged"
    assert shared_daemon.docker("logs", "hurt").stdout.splitlines() == ["begun", told, "ended"]
    assert shared_daemon.docker("logs", "whole").stdout.splitlines() == ["begun", "ended"]


def test_a_container_whose_log_cannot_be_taken_over_goes_on_without_it(shared_daemon: Daemon) -> None:
    bundle = _run(shared_daemon, "mute")
    with _down(shared_daemon):
        (bundle / "spool.stdout").unlink()
        (bundle / "spool.stdout").mkdir()
    assert "stdout goes on without a log" in _inspect(shared_daemon, "mute", "{{.State.Error}}")
    assert shared_daemon.docker("exec", "mute", "echo", "alive").stdout == "alive\n"
    shared_daemon.docker("stop", "mute")
    assert _inspect(shared_daemon, "mute", "{{.State.Status}} {{.State.ExitCode}}") == "exited 7"


def test_a_container_that_cannot_be_adopted_is_adopted_when_it_can(shared_daemon: Daemon) -> None:
    bundle = _run(shared_daemon, "late")
    with _down(shared_daemon):
        (bundle / "rt.state").rename(bundle / "kept")
        (bundle / "rt.state").mkdir()
    assert "could not be adopted" in shared_daemon.log.read_text()
    assert _inspect(shared_daemon, "late", "{{.State.Status}}") == "running"
    (bundle / "rt.state").rmdir()
    (bundle / "kept").rename(bundle / "rt.state")
    eventually(lambda: shared_daemon.docker("exec", "late", "echo", "alive", check=False).stdout == "alive\n")
    shared_daemon.docker("stop", "late")
    assert _inspect(shared_daemon, "late", "{{.State.Status}} {{.State.ExitCode}}") == "exited 7"


def test_containers_that_cannot_be_adopted_can_be_ended(shared_daemon: Daemon) -> None:
    verbs = (("stop",), ("kill",), ("rm", "-f"))
    bundles = [_run(shared_daemon, verb[0]) for verb in verbs]
    pids = [_inspect(shared_daemon, verb[0], "{{.State.Pid}}") for verb in verbs]
    with _down(shared_daemon):
        for bundle in bundles:
            (bundle / "rt.state").unlink()
            (bundle / "rt.state").mkdir()
    for verb in verbs:
        shared_daemon.docker(*verb, verb[0])
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert _inspect(shared_daemon, "stop", "{{.State.Status}} {{.State.ExitCode}}") == "exited 137"
