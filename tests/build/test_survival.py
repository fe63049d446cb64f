"""A daemon that is killed, or stopped, in the middle of a build."""

import subprocess
from pathlib import Path

import pytest

from tests.build.conftest import BUILDX, CLASSIC, open_builder
from tests.conftest import DaemonFactory
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def test_nothing_of_the_step_is_left(start_daemon: DaemonFactory, tmp_path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox AS one\nRUN mkdir -p /d/e\nFROM busybox\nRUN --mount=from=one,source=/d,target=/m echo started; sleep 4321\n"
    )
    with start_daemon() as daemon:
        client = daemon.popen("docker", "build", str(tmp_path), environment={"DOCKER_BUILDKIT": "0"})
        assert client.stdout is not None
        while client.stdout.readline() != b"started\n":
            assert client.poll() is None
        daemon.kill9()
        client.communicate(timeout=60)
        daemon.restart()
        daemon.assert_clean()
        daemon.docker("build", "--quiet", "-", stdin="FROM busybox\nRUN true\n", environment={"DOCKER_BUILDKIT": "0"})


def test_the_container_of_a_classic_step_is_taken_over_and_its_images_are_the_cache(daemon: Daemon, tmp_path: Path) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    (tmp_path / "Dockerfile").write_text(
        "FROM busybox\nRUN echo first > /f\nENV A=1\nRUN echo started; test -e /go || sleep 3210\n"
    )
    client = daemon.popen("docker", "build", str(tmp_path), environment={"DOCKER_BUILDKIT": "0"})
    assert client.stdout is not None
    while client.stdout.readline() != b"started\n":
        assert client.poll() is None
    daemon.kill9()
    client.communicate(timeout=60)
    daemon.restart()
    (container,) = daemon.docker("ps", "--quiet", "--no-trunc").stdout.split()
    assert daemon.docker("exec", container, "cat", "/f").stdout == "first\n"
    daemon.docker("rm", "--force", container)
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN echo first > /f\nENV A=1\nRUN echo again\n")
    told = daemon.docker("build", str(tmp_path), environment={"DOCKER_BUILDKIT": "0"}).stdout
    assert told.count("Using cache") == 2
    daemon.assert_clean()


@pytest.mark.parametrize("client", [CLASSIC, BUILDX])
def test_a_daemon_that_is_stopped_ends_its_builds_first(daemon: Daemon, tmp_path: Path, client: str) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    builder = open_builder(daemon, tmp_path, client)
    builder.write({"Dockerfile": "FROM busybox\nRUN echo sleeping; sleep 5432\n"})
    words = ("docker", "buildx", "build", "--progress=plain") if client == BUILDX else ("docker", "build")
    building = subprocess.Popen(
        daemon.network.command([*words, str(builder.directory)]),
        env=builder.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert building.stdout is not None
    for line in building.stdout:
        if line.endswith(b"sleeping\n") and b"echo" not in line:
            break
    daemon.stop()
    building.communicate(timeout=20)
    assert subprocess.run(["pgrep", "-f", "^sleep 5432$"], capture_output=True).returncode == 1
    assert "Traceback" not in (log := daemon.log.read_text()), log
    daemon.start()
    daemon.assert_clean()
