"""Drivers in processes of their own: the processes are killed while containers run, and no container and no client notices."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest

from core.kernel.isolation.deaths import TOO_MANY
from core.kernel.isolation.standings import read_standings
from sdk.isolation.kinds import CAPABILITIES
from sdk.linux.capabilities import NAMES
from tests.asking import eventually
from tests.conftest import DaemonFactory, open_ready_daemon
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

CONFIG = """
[isolation.storage_overlay]
enabled = true
[isolation.net_bridge]
enabled = true
[plugins.volume_local]
isolated = true
"""
KINDS = ("network", "storage", "volume")


@pytest.fixture(scope="module")
def module_daemon(tmpfs: Path, registry_storage: Path) -> Iterator[Daemon]:
    with open_ready_daemon(tmpfs, registry_storage, CONFIG) as daemon:
        yield daemon


@pytest.fixture
def isolated(shared_daemon: Daemon) -> Daemon:
    """The module's daemon. It counts the deaths of its drivers' processes, until it is started again."""
    return shared_daemon


def _pids(daemon: Daemon) -> dict[str, int]:
    """Return the processes of the isolated drivers by kind; those of drivers that have one now."""
    return {each.kind: each.standing.pid for each in read_standings(daemon.exec_root) if each.standing.pid}


def _kill(daemon: Daemon, kind: str) -> None:
    """Kill a driver's process and return when there is another."""
    killed = _pids(daemon)[kind]
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: _pids(daemon).get(kind, killed) != killed)


def _are_gone(pids: Sequence[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def _served(daemon: Daemon, port: int) -> str:
    """Return what the container behind a published port says."""
    with daemon.network.entered(), closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()
        except OSError as error:
            return str(error)


def test_containers_run_on_and_new_ones_start_when_the_processes_of_drivers_are_killed(isolated: Daemon) -> None:
    daemon = isolated
    web = "mkdir /www; echo served >/www/index.html; httpd -f -h /www"
    daemon.docker("run", "-d", "--name", "web", "-p", "8080:80", "-v", "data:/data", "busybox", "sh", "-c", web)
    daemon.docker("network", "create", "other")
    daemon.docker("run", "-d", "--name", "peer", "--network", "other", "-u", "1000", "busybox", "sleep", "1000")
    eventually(lambda: _served(daemon, 8080) == "served\n")
    before = _pids(daemon)
    assert sorted(before) == list(KINDS)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    # at once, while there is no process: the calls wait for the next one
    assert daemon.docker("run", "--rm", "-v", "data:/data", "busybox", "sh", "-c", "echo ok >/data/x; cat /data/x").stdout == "ok\n"
    eventually(lambda: len(_pids(daemon)) == len(KINDS))
    assert not set(_pids(daemon).values()) & set(before.values())
    assert _served(daemon, 8080) == "served\n"
    assert daemon.docker("exec", "web", "cat", "/data/x").stdout == "ok\n"
    assert daemon.docker("run", "--rm", "--network", "other", "busybox", "ping", "-c1", "-W5", "peer").returncode == 0
    assert daemon.docker("diff", "web").stdout.splitlines() == ["A /data", "A /www", "A /www/index.html"]
    log = daemon.log.read_text()
    for kind, plugin in (("network", "net_bridge"), ("storage", "storage_overlay"), ("volume", "volume_local")):
        assert f"(plugin {plugin}) does not run: its process was killed by signal 9 (SIGKILL); it is begun again" in log, kind
    warnings = daemon.json("/info")["Warnings"]
    assert (
        sum("ended once within 2 minutes, the last time killed by signal 9 (SIGKILL); it runs again" in each for each in warnings)
        == 3
    )
    daemon.docker("restart", "-t", "0", "web")
    assert daemon.docker("inspect", "-f", "{{.State.Running}}", "web").stdout == "true\n"
    daemon.docker("network", "disconnect", "other", "peer")
    daemon.docker("network", "connect", "bridge", "peer")
    daemon.docker("rm", "-f", "web", "peer")
    daemon.docker("network", "rm", "other")
    daemon.docker("volume", "rm", "data")


def _capabilities(pid: int) -> set[str]:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    assert "NoNewPrivs:\t1" in status
    mask = next(int(line.split()[1], 16) for line in status if line.startswith("CapPrm:"))
    return {name for number, name in enumerate(NAMES) if mask >> number & 1}


def test_each_process_has_the_capabilities_of_its_kind_and_volumes_of_other_users_are_removed(isolated: Daemon) -> None:
    daemon = isolated
    for kind, pid in _pids(daemon).items():
        assert _capabilities(pid) == set(CAPABILITIES[kind])
    make = "mkdir -p /data/own; touch /data/own/file; chown -R 999:999 /data; chmod 700 /data /data/own"
    daemon.docker("run", "--rm", "-v", "data:/data", "busybox", "sh", "-c", make)
    assert daemon.docker("system", "df", "-v", "--format", "{{json .Volumes}}").stdout.count('"data"') == 1
    daemon.docker("volume", "rm", "data")


def test_a_volume_that_is_mounted_needs_a_further_capability(isolated: Daemon) -> None:
    daemon = isolated
    options = [f"--opt={option}" for option in ("type=tmpfs", "device=tmpfs", "o=size=1m")]
    daemon.docker("volume", "create", "memory", *options)
    run = ("run", "--rm", "-v", "memory:/data", "busybox", "stat", "-f", "-c", "%T", "/data")
    assert "operation not permitted" in daemon.docker(*run, check=False).stderr
    daemon.config_file.write_text(f'{CONFIG}[isolation.volume_local]\ncapabilities = ["CAP_SYS_ADMIN"]\n')
    daemon.restart()
    assert daemon.docker(*run).stdout == "tmpfs\n"
    daemon.docker("volume", "rm", "memory")


def test_a_container_ends_and_is_removed_after_each_driver_was_killed(isolated: Daemon) -> None:
    daemon = isolated
    daemon.docker("run", "-d", "--name", "one", "-p", "8081:80", "-v", "data:/data", "busybox", "sleep", "1000")
    for kind in KINDS:
        _kill(daemon, kind)
    daemon.docker("stop", "-t", "0", "one")
    daemon.docker("start", "one")
    daemon.docker("rm", "-f", "one")
    daemon.docker("volume", "rm", "data")


def test_the_processes_end_with_the_daemon_however_it_ends(isolated: Daemon) -> None:
    daemon = isolated
    daemon.docker("run", "-d", "--name", "one", "busybox", "sleep", "1000")
    for end in (daemon.stop, daemon.kill9):
        pids = list(_pids(daemon).values())
        assert len(pids) == len(KINDS)
        end()
        eventually(partial(_are_gone, pids))
        assert read_standings(daemon.exec_root) == []
        daemon.start()
        assert daemon.docker("exec", "one", "echo", "ok").stdout == "ok\n"


def test_a_driver_whose_process_ends_again_and_again_has_failed_and_the_daemon_serves_on(isolated: Daemon) -> None:
    daemon = isolated
    daemon.restart()
    daemon.docker("run", "-d", "--name", "one", "busybox", "sleep", "1000")
    for _ in range(TOO_MANY - 1):
        _kill(daemon, "storage")
    os.kill(_pids(daemon)["storage"], signal.SIGKILL)
    eventually(lambda: "storage" not in _pids(daemon))
    began = time.monotonic()
    refused = daemon.docker("create", "busybox", check=False)
    assert time.monotonic() - began < 4, "it is told at once"
    why = "its process ended 5 times in 2 minutes, the last time killed by signal 9 (SIGKILL); it is tried again in 5 minutes"
    assert f'storage driver "overlay" (plugin storage_overlay) has failed: {why}' in refused.stderr
    assert any(why in each for each in daemon.json("/info")["Warnings"])
    assert "sleep 1000" in daemon.docker("top", "one").stdout
    daemon.docker("stop", "-t", "0", "one")
    listed = daemon.run(
        daemon.python, "-m", "core", "plugin", "list", environment={"CORE_EXEC_ROOT": str(daemon.exec_root)}
    ).stdout.splitlines()
    (line,) = (line for line in listed if line.startswith("storage_overlay "))
    assert line.split()[1] == "failed"
    assert why in line
    (line,) = (line for line in listed if line.startswith("net_bridge "))
    assert line.split()[1] == "ok"
    assert f"isolated: process {_pids(daemon)['network']}" in line
    daemon.restart()


def test_what_cannot_be_isolated_keeps_the_daemon_from_starting(start_daemon: DaemonFactory) -> None:
    frontend = 'frontend driver "docker" cannot be isolated: a frontend outside the daemon is a client of its API'
    legacy = 'volume driver "legacy" (plugin volume_legacy) cannot be isolated: its method find is not asynchronous'
    for plugin, why in (("api_docker", frontend), ("volume_legacy", legacy)):
        with pytest.raises(AssertionError) as caught, start_daemon(config=f"[isolation.{plugin}]\n"):
            pytest.fail("it started")
        assert why in str(caught.value)
        assert "Traceback" not in str(caught.value)
