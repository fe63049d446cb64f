"""The daemon's life: it starts, answers, stops in order, keeps its data root to itself, and leaves nothing behind."""

import os
import signal
import subprocess
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket

import pytest

from tests.conftest import DaemonFactory
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def test_it_answers(daemon: Daemon) -> None:
    assert daemon.request("GET", "/_ping") == (200, b"OK")


def test_the_stock_client_reads_its_version(daemon: Daemon) -> None:
    assert daemon.docker("version", "--format", "{{.Server.Version}}").stdout.strip()


def test_a_second_daemon_on_the_same_data_root_is_refused_in_one_sentence(daemon: Daemon) -> None:
    second = subprocess.run(daemon.command(), capture_output=True, text=True, timeout=20)
    assert second.returncode == 1
    assert f"another daemon (process {daemon.pid}) uses the data root {daemon.data_root}" in second.stderr
    assert "Traceback" not in second.stderr


def test_it_keeps_its_identity_over_a_restart(daemon: Daemon) -> None:
    before = daemon.json("/info")
    daemon.restart()
    after = daemon.json("/info")
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["ID"] == after["ID"]


def test_the_pidfile_lives_as_long_as_the_daemon(daemon: Daemon) -> None:
    pidfile = daemon.directory / "core.pid"
    assert int(pidfile.read_text()) == daemon.pid
    daemon.stop()
    assert not pidfile.exists()
    assert not daemon.socket.exists()


def test_after_kill_9_the_next_daemon_starts(daemon: Daemon) -> None:
    daemon.kill9()
    assert daemon.socket.exists()
    daemon.start()
    assert daemon.answers()


def test_hangup_does_not_end_it(daemon: Daemon) -> None:
    os.kill(daemon.pid, signal.SIGHUP)
    assert daemon.answers()


def test_an_unknown_key_is_named_with_its_plugin(start_daemon: DaemonFactory) -> None:
    with (
        pytest.raises(AssertionError, match=r'core: plugins.storage_overlay: unknown key "foo"'),
        start_daemon(config="[plugins.storage_overlay]\nfoo = 1\n"),
    ):
        pass


def test_an_unknown_driver_is_fatal_and_the_choice_is_shown(start_daemon: DaemonFactory) -> None:
    with (
        pytest.raises(AssertionError, match=r'no storage driver "zfs" is available \(there are: .*overlay'),
        start_daemon(config='[drivers]\nstorage = "zfs"\n'),
    ):
        pass


def test_it_tells_the_service_manager_when_it_is_ready(daemon: Daemon, tmp_path: Path) -> None:
    daemon.stop()
    with socket(AF_UNIX, SOCK_DGRAM) as manager:
        manager.bind(str(daemon.directory / "notify"))
        manager.settimeout(10)
        daemon.environment["NOTIFY_SOCKET"] = str(daemon.directory / "notify")
        daemon.start()
        assert manager.recv(100) == b"READY=1"
        daemon.stop()
        assert manager.recv(100) == b"STOPPING=1"


def test_an_idle_daemon_is_small(daemon: Daemon) -> None:
    assert daemon.resident() < 77 * 1024  # with what it shares with every other process that has the same libraries
    assert daemon.resident("Pss") <= 70 * 1024
    modules = Path(f"/proc/{daemon.pid}/maps").read_text()
    assert "rich" not in modules
    assert "/google/" not in modules  # protobuf: only a BuildKit client needs it


def test_limits_of_containers_that_set_none(start_daemon: DaemonFactory) -> None:
    with start_daemon("--default-ulimit", "nofile=300:400", "--default-ulimit", "core=0") as daemon:
        show = ("busybox", "sh", "-c", "ulimit -n; ulimit -Hn; ulimit -c")
        assert daemon.docker("run", "--rm", *show).stdout.split() == ["300", "400", "0"]
        assert daemon.docker("run", "--rm", "--ulimit", "nofile=100", *show).stdout.split() == ["100", "100", "0"]
        daemon.docker("create", "--name", "box", "busybox")
        assert daemon.docker("inspect", "--format", "{{json .HostConfig.Ulimits}}", "box").stdout in ("null\n", "[]\n")


def test_defaults_that_cannot_be_are_refused_at_once(daemon: Daemon) -> None:
    daemon.stop()
    command = [*daemon.command(), "--default-ulimit", "files=1"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert (refused.returncode, refused.stderr) == (1, "core: default_ulimits: invalid ulimit type: files\n")
    for driver, named in (("json-file", "json-file log driver"), ("local", "log driver local")):
        command = [*daemon.command(), "--log-driver", driver, "--log-opt", "max-sise=1m"]
        refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
        reason = f"core: failed to set log opts: unknown log opt 'max-sise' for {named}\n"
        assert (refused.returncode, refused.stderr.splitlines(keepends=True)[-1]) == (1, reason)
    daemon.start()
