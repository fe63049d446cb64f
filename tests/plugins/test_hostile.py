"""Drivers that misbehave in one method at a time: their client is told, and all others are served as if nothing were."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engine.containers.exit_status import LOST
from tests.asking import eventually
from tests.daemon import Daemon
from tests.plugins.hostile_daemon import Hostile, open_hostile

pytestmark = pytest.mark.privileged

CONFIG = """
[drivers]
storage = "hostile"
network = "hostile"
runtime = "hostile"
volume = "hostile"
log = "hostile"

[deadlines]
storage = { prepare = 1, mounts = 1, read_file = 1, remove = 1, changes = 1, usage = 1, status = 1 }
network = { connect = 1, disconnect = 1, release = 1, open_sandbox = 1, create_network = 1, remove_network = 1 }
runtime = { start = 1, status = 1, signal = 1, stats = 1, pids = 1, delete = 1, exec = 1, pause = 1, resume = 1, update = 1 }
volume = { create = 1, mount = 1, unmount = 1, remove = 1, size = 1 }
"""
RUN = ("run", "--rm", "-v", "data:/d", "-p", "80", "busybox", "true")
OPERATIONS = {
    "storage.prepare": RUN,
    "storage.mounts": RUN,
    "storage.read_file": ("run", "--rm", "-u", "root", "busybox", "true"),
    "storage.remove": RUN,
    "storage.changes": ("diff", "bystander"),
    "storage.usage": ("ps", "-as"),
    "storage.status": ("info",),
    "network.connect": RUN,
    "network.disconnect": RUN,
    "network.release": RUN,
    "network.create_network": ("network", "create", "-d", "hostile", "made"),
    "network.remove_network": ("network", "rm", "there"),
    "runtime.start": RUN,
    "runtime.status": ("info",),
    "runtime.wait": RUN,
    "runtime.signal": ("kill", "victim"),
    "runtime.stats": ("stats", "--no-stream", "victim"),
    "runtime.pids": ("top", "victim"),
    "runtime.delete": RUN,
    "runtime.exec": ("exec", "victim", "true"),
    "runtime.pause": ("pause", "victim"),
    "runtime.update": ("update", "--memory", "64m", "--memory-swap", "64m", "victim"),
    "volume.create": ("volume", "create", "-d", "hostile", "made"),
    "volume.mount": RUN,
    "volume.unmount": RUN,
    "volume.remove": ("volume", "rm", "there"),
    "log.check": RUN,
    "log.open": RUN,
    "log.close": RUN,
    "log.remove": RUN,
    "log.path": RUN,
    "log.position": RUN,
    "log.write": ("run", "--rm", "busybox", "echo", "hello"),
}


@pytest.fixture(scope="module")
def hostile(tmpfs: Path, registry_storage: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    with open_hostile(tmpfs, registry_storage, tmp_path_factory.mktemp("site"), CONFIG) as opened:
        yield opened


@pytest.fixture
def scene(hostile: Hostile) -> Iterator[Hostile]:
    """A bystander, a victim, a volume and a network; afterwards all of it can be removed."""
    hostile.be()
    daemon = hostile.daemon
    for name in ("bystander", "victim"):
        daemon.docker("run", "-d", "--name", name, "busybox", "sleep", "1000")
    daemon.docker("volume", "create", "-d", "hostile", "there")
    daemon.docker("network", "create", "-d", "hostile", "there")
    yield hostile
    hostile.be()
    eventually(lambda: not _left(daemon))


def _left(daemon: Daemon) -> str:
    """Remove everything; return what is left."""
    if names := daemon.docker("ps", "-aq").stdout.split():
        daemon.docker("rm", "-fv", *names, check=False, timeout=30)
    daemon.docker("volume", "prune", "-af", check=False)
    daemon.docker("network", "prune", "-f", check=False)
    words = daemon.docker("ps", "-aq").stdout + daemon.docker("volume", "ls", "-q").stdout
    return words + daemon.docker("network", "ls", "-q", "-f", "type=custom").stdout


BEHAVIOURS = ("raises", "wrong", "exits", "cancels", "hangs", "stuck")
NOT_FATAL = {
    "storage.read_file", "storage.status", "network.disconnect", "network.release", "runtime.status", "runtime.wait", "runtime.stats",
    "runtime.delete", "log.path", "log.position", "log.write",
}  # fmt: skip
"""What their client can do without: it is in the daemon's log, or a warning."""

SENTENCES = {"raises": "boom in {}", "hangs": "did not answer", "stuck": "did not answer"}

QUICK = {"storage.prepare", "network.connect", "runtime.start", "log.open"}
"""Of all that `make test-hostile` does, `make test` does this."""


def _cases() -> Iterator[object]:
    for method in OPERATIONS:
        for behaviour in BEHAVIOURS:
            if behaviour in ("hangs", "stuck") and (method.startswith("log.") or method == "runtime.wait"):
                continue  # a method that is not asynchronous holds the event loop, and waiting has no deadline
            at_once = method in QUICK and behaviour in ("raises", "stuck")
            yield pytest.param(method, behaviour, marks=() if at_once else pytest.mark.slow)


@pytest.mark.parametrize(("method", "behaviour"), list(_cases()))
def test_the_others_are_served(scene: Hostile, method: str, behaviour: str) -> None:
    scene.be(method, behaviour)
    done = scene.docker(*OPERATIONS[method])
    assert "bystander" in scene.daemon.docker("ps", "-a", "--format", "{{.Names}}").stdout
    assert scene.daemon.json("/containers/bystander/json")["State"]["Running"]
    told = done.stdout + done.stderr
    assert "Traceback" not in told
    if behaviour != "wrong" and method not in NOT_FATAL:
        assert done.returncode != 0, told
        assert SENTENCES.get(behaviour, "").format(method) in told
    scene.be()
    assert scene.daemon.docker("exec", "bystander", "echo", "ok").stdout == "ok\n"


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", ["raises", "wrong", "exits", "cancels"])
def test_an_exec_whose_end_cannot_be_awaited_ends(scene: Hostile, behaviour: str) -> None:
    daemon, before = scene.daemon, str(int(time.time()))
    scene.be("runtime.wait", behaviour)
    status, body = daemon.request("POST", "/containers/victim/exec", {"Cmd": ["true"]})
    assert status == 201
    exec_id = json.loads(body)["Id"]
    assert daemon.request("POST", f"/exec/{exec_id}/start", {"Detach": True})[0] == 200
    eventually(lambda: not daemon.json(f"/exec/{exec_id}/json")["Running"])
    assert daemon.json(f"/exec/{exec_id}/json")["ExitCode"] == LOST
    events = daemon.docker("events", "--since", before, "--until", str(int(time.time()) + 1), "--filter", "event=exec_die").stdout
    assert f"exitCode={LOST}" in events
    assert f"execID={exec_id}" in events
