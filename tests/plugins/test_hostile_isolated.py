"""Isolated drivers that do what no driver in the daemon could do without taking it along: end the process, hold the event loop."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.kernel.isolation.standings import read_standings
from tests.asking import eventually
from tests.conftest import MIRROR, open_daemon, open_network, open_registry
from tests.daemon import Daemon
from tests.plugins.installing import with_hostile

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


class Hostile:
    """A daemon with isolated hostile drivers, and the file that tells them what to do."""

    def __init__(self, daemon: Daemon, file: Path) -> None:
        self.daemon, self._file = daemon, file

    def be(self, method: str = "", behaviour: str = "") -> None:
        aside = self._file.with_suffix(".new")
        aside.write_text(f"{method} {behaviour}")
        aside.rename(self._file)

    def run(self) -> subprocess.CompletedProcess[str]:
        return self.daemon.docker(*RUN, check=False, timeout=60)

    def are_well(self) -> bool:
        """Tell whether each driver has a process, and a container can be run."""
        return len([each for each in read_standings(self.daemon.exec_root) if each.standing.pid]) == 3 and not self.run().returncode


@pytest.fixture(scope="module")
def hostile(tmpfs: Path, registry_storage: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    site = tmp_path_factory.mktemp("site")
    file = site / "behaviour"
    environment = with_hostile(site, file, "core_hostile_outside")
    with (
        open_network() as network,
        open_registry(network, registry_storage),
        open_daemon(tmpfs, network, MIRROR, CONFIG, environment=environment) as daemon,
    ):
        daemon.docker("pull", "--quiet", "busybox")
        daemon.docker("run", "-d", "--name", "bystander", "busybox", "sleep", "1000")
        yield Hostile(daemon, file)


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
        done = hostile.run()
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
    eventually(hostile.are_well)
    assert daemon.docker("exec", "bystander", "echo", "ok").stdout == "ok\n"
