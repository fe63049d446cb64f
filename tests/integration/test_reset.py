"""`core reset` says what it would remove, asks, and removes all that the engine made."""

from pathlib import Path

import pytest

from core.host.records import read_records
from core.host.traces import Territory, find_traces
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(300)]


def _reset(daemon: Daemon, *flags: str, answer: str = ""):
    words = ("reset", "--data-root", str(daemon.data_root), "--exec-root", str(daemon.exec_root), *flags)
    return daemon.run(daemon.python, "-m", "core", *words, stdin=answer, check=False)


def _used(daemon: Daemon) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker("network", "create", "--opt", "com.docker.network.bridge.name=odd0", "odd")
    daemon.docker("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "mounted")
    daemon.docker("run", "-d", "--name", "web", "-p", "8080:80", "-v", "mounted:/data", "busybox", "sleep", "1000")
    daemon.docker("run", "-d", "--name", "other", "--network", "odd", "busybox", "sleep", "1000")
    daemon.docker("pause", "other")


def test_everything_goes(daemon: Daemon) -> None:
    _used(daemon)
    refused = _reset(daemon, "--yes")
    assert (refused.returncode, refused.stderr) == (1, f"core: the daemon runs (process {daemon.pid}): stop it first\n")
    territory = Territory(daemon.data_root, daemon.exec_root, read_records(daemon.data_root).instance)
    daemon.kill9()

    shown = _reset(daemon, "--dry-run")
    assert shown.returncode == 0
    assert {"process", "mount", "link", "bridge", "table", "cgroup", "data"} <= {
        line.split()[0] for line in shown.stdout.splitlines() if line
    }
    assert _reset(daemon, answer="n\n").returncode == 1
    daemon.start()
    assert daemon.docker("ps", "-q").stdout.count("\n") == 2
    daemon.stop()

    done = _reset(daemon, answer="y\n")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    with daemon.network.entered():
        assert find_traces(territory) == []
    assert not daemon.data_root.exists()
    assert not daemon.exec_root.is_mount()
    assert "There is nothing to remove." in _reset(daemon, "--dry-run").stdout
    daemon.start()
    assert daemon.docker("ps", "-aq").stdout == ""


def test_what_is_no_data_root_is_not_touched(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = daemon.core("reset", "--yes", "--data-root", str(tmp_path), "--exec-root", str(tmp_path / "run"), check=False)
    assert (done.returncode, done.stderr) == (1, f"core: {tmp_path} is no data root of a daemon\n")
    assert (tmp_path / "file").read_text() == "mine"
