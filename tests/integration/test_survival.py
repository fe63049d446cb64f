"""Nothing is lost: many containers come and go, the daemon is killed at any moment, and the audit finds nothing left over."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.connection import UnixConnection
from tests.daemon import Daemon

pytestmark = [pytest.mark.privileged, pytest.mark.timeout(300)]

CYCLES = 300
KILLS = 10
"""`make test-crash` kills far more often."""

PROBED = 25
COUNTER = "i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); sleep 0.01; done; exit 7"


@pytest.fixture
def ready(daemon: Daemon) -> Daemon:
    daemon.docker("pull", "--quiet", "busybox")
    return daemon


def _cycle(connection: UnixConnection, network: str, *command: str, **settings: object) -> None:
    """Create, start, wait for and remove one container; any refusal is the caller's affair."""

    def call(method: str, path: str, body: object = None) -> bytes:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise HTTPException(f"{method} {path}: {response.status} {content!r}")
        return content

    container = json.loads(
        call("POST", "/containers/create", {"Image": "busybox", "Cmd": command, "HostConfig": {"NetworkMode": network}, **settings})
    )["Id"]
    call("POST", f"/containers/{container}/start")
    call("POST", f"/containers/{container}/wait")
    call("DELETE", f"/containers/{container}?force=1")


@contextmanager
def _load(daemon: Daemon, workers: int) -> Iterator[None]:
    """Keep workers running containers one after another during the block, whatever happens to the daemon."""
    stop = threading.Event()

    def work(network: str) -> None:
        while not stop.is_set():
            with suppress(OSError, HTTPException), closing(UnixConnection(daemon.socket, 10)) as connection:
                while not stop.is_set():
                    _cycle(connection, network, "sh", "-c", "echo hello; sleep 0.05")
            time.sleep(0.02)

    threads = [threading.Thread(target=work, args=(network,)) for network in ("none", "bridge") * workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_many_cycles_leave_nothing(ready: Daemon) -> None:
    before = len(list(ready.data_root.rglob("*")))
    with closing(UnixConnection(ready.socket)) as connection:
        for number in range(CYCLES):
            _cycle(connection, ("none", "bridge")[number % 2], "true")
    assert ready.json("/containers/json?all=1") == []
    ready.assert_clean()
    assert len(list(ready.data_root.rglob("*"))) <= before + 20


def test_containers_may_end_while_they_are_probed(ready: Daemon) -> None:
    probes = {"Test": ["CMD", "true"], "Interval": 1_000_000, "StartInterval": 1_000_000}
    ended: list[None] = []

    def work() -> None:
        with closing(UnixConnection(ready.socket, 20)) as connection:
            for _ in range(PROBED):
                _cycle(connection, "none", "sleep", "0.02", Healthcheck=probes)
                ended.append(None)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 4 * PROBED
    assert ready.json("/containers/json?all=1") == []
    assert "Traceback" not in ready.log.read_text()
    ready.assert_clean()


def test_what_was_removed_just_before_a_kill_stays_gone_and_takes_only_the_volumes_it_was_to(ready: Daemon) -> None:
    def made() -> tuple[str, str]:
        container = ready.docker("create", "-v", "/data", "busybox").stdout.strip()
        return container, ready.docker("inspect", "-f", "{{range .Mounts}}{{.Name}}{{end}}", container).stdout.strip()

    (one, kept), (other, _) = made(), made()
    ready.docker("rm", one)
    ready.docker("rm", "-v", other)
    ready.kill9()
    cut_off = ready.data_root / "containers" / ("c" * 64)
    cut_off.mkdir()  # a daemon that is killed while it creates a container leaves that
    ready.start()
    assert ready.json("/containers/json?all=1") == []
    assert ready.docker("volume", "ls", "-q").stdout.split() == [kept]
    assert not cut_off.exists()
    ready.docker("volume", "rm", kept)
    ready.assert_clean()


def test_killed_under_load_nothing_leaks_and_the_living_live(ready: Daemon) -> None:
    dice = random.Random(7)
    witness = ready.docker("run", "-d", "-p", "8080:80", "busybox", "httpd", "-f", "-h", "/etc").stdout.strip()
    pid = ready.docker("inspect", "-f", "{{.State.Pid}}", witness).stdout
    with _load(ready, workers=2):
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.05, 0.6))
            ready.kill9()
            ready.start()
    assert ready.docker("inspect", "-f", "{{.State.Pid}}", witness).stdout == pid
    assert ready.docker("exec", witness, "echo", "alive").stdout == "alive\n"
    assert "root:" in ready.run("busybox", "wget", "-qO-", "http://127.0.0.1:8080/passwd").stdout
    ready.remove_containers()
    ready.assert_clean()


def test_output_and_exit_code_are_complete_over_kills(ready: Daemon) -> None:
    ready.docker("run", "-d", "--name", "counter", "busybox", "sh", "-c", COUNTER)
    for _ in range(3):
        time.sleep(0.7)
        ready.kill9()
        time.sleep(0.2)
        ready.start()
    assert ready.docker("wait", "counter").stdout.strip() == "7"
    assert ready.docker("logs", "counter").stdout.splitlines() == [f"line {number}" for number in range(400)]


def test_an_exit_while_nobody_watches_is_known_afterwards(ready: Daemon) -> None:
    ready.docker("run", "-d", "--name", "brief", "busybox", "sh", "-c", "sleep 0.5; echo last words; exit 42")
    pid = ready.docker("inspect", "-f", "{{.State.Pid}}", "brief").stdout.strip()
    ready.kill9()
    eventually(lambda: not Path("/proc", pid).exists())
    ready.start()
    assert ready.docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "brief").stdout == "exited 42\n"
    assert ready.docker("logs", "brief").stdout == "last words\n"
