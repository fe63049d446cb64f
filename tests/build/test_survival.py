"""A daemon that is killed in the middle of a build."""

import pytest

from tests.conftest import DaemonFactory

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
        client.communicate(timeout=10)
        daemon.restart()
        daemon.assert_clean()
        daemon.docker("build", "--quiet", "-", stdin="FROM busybox\nRUN true\n", environment={"DOCKER_BUILDKIT": "0"})
