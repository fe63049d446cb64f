"""Isolated drivers that do what no driver in the daemon could do without taking it along: end the process, hold the event loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.kernel.isolation.standings import read_standings
from tests.asking import eventually
from tests.plugins.hostile_daemon import Hostile, open_hostile

pytestmark = pytest.mark.privileged

CONFIG = """
[drivers]
storage = "hostile"
network = "hostile"
volume = "hostile"

[isolation.hostile]

[deadlines]
storage = { prepare = 1 }
network = { connect = 1 }
volume = { create = 1 }
"""
RUN = ("run", "--rm", "-v", "/d", "-p", "80", "busybox", "true")
NOT_FATAL = {"network.release"}
"""What its client can do without: it is in the daemon's log."""


@pytest.fixture(scope="module")
def hostile(tmpfs: Path, registry_storage: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    with open_hostile(tmpfs, registry_storage, tmp_path_factory.mktemp("site"), CONFIG, "core_hostile_outside") as opened:
        opened.daemon.docker("run", "-d", "--name", "bystander", "busybox", "sleep", "1000")
        yield opened


def are_well(hostile: Hostile) -> bool:
    """Tell whether each driver has a process, and a container can be run."""
    alive = [each for each in read_standings(hostile.daemon.exec_root) if each.standing.pid]
    return len(alive) == 3 and not hostile.docker(*RUN).returncode


@pytest.mark.parametrize(
    ("method", "behaviour"),
    [
        ("storage.prepare", "dies"),
        ("storage.mounts", "dies"),
        ("storage.prepare", "blocks"),
        ("network.connect", "dies"),
        ("network.release", "dies"),
        ("network.connect", "blocks"),
        ("volume.mount", "dies"),
        ("volume.create", "blocks"),
    ],
)
def test_its_client_is_told_and_the_others_are_served(hostile: Hostile, method: str, behaviour: str) -> None:
    """The daemon's event loop is watched all the while."""
    daemon = hostile.daemon
    hostile.be(method, behaviour)
    try:
        done = hostile.docker(*RUN)
        assert daemon.json("/containers/bystander/json")["State"]["Running"]
        assert daemon.docker("top", "bystander").returncode == 0
    finally:
        hostile.be()
    told = done.stdout + done.stderr
    assert "Traceback" not in told
    if method not in NOT_FATAL:
        assert done.returncode != 0, told
        kind, _, name = method.partition(".")
        wanted = (
            f"(plugin hostile) ended in {name}: ended with exit status 3"
            if behaviour == "dies"
            else f"did not answer {name} in 1 s"
        )
        assert f'{kind} driver "hostile"' in told
        assert wanted in told
    eventually(lambda: are_well(hostile))
    assert daemon.docker("exec", "bystander", "echo", "ok").stdout == "ok\n"
