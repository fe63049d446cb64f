"""Docker 20.10's own BuildKit client, which has a session but no gRPC: `POST /build?version=2`."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

CLIENT = Path("/usr/bin/docker")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    found = subprocess.run([CLIENT, "--version"], capture_output=True, text=True).stdout if CLIENT.exists() else ""
    if "version 20." not in found:
        pytest.skip(f"{CLIENT} is not of Docker 20.10")
    directory = tmp_path / "context"
    directory.mkdir()
    return directory


def start(daemon: Daemon, context: Path, *flags: str) -> subprocess.Popen[str]:
    command = daemon.network.command([str(CLIENT), "build", "--progress=plain", *flags, str(context)])
    environment = os.environ | {"DOCKER_HOST": daemon.host, "DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": str(context.parent / "config")}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def test_an_image_is_built_with_secrets(shared_daemon: Daemon, context: Path) -> None:
    (context / "Dockerfile").write_text("FROM busybox\nCOPY f /\nRUN --mount=type=secret,id=s cp /run/secrets/s /r\n")
    (context / "f").write_text("f")
    client = start(shared_daemon, context, "--tag", "posted:1", "--secret", f"id=s,src={context / 'f'}")
    told, _ = client.communicate(timeout=60)
    assert client.returncode == 0, told
    assert "[3/3] RUN" in told
    assert shared_daemon.docker("run", "--rm", "--network", "none", "posted:1", "cat", "/f", "/r").stdout == "ff"


def test_a_failure_is_told(shared_daemon: Daemon, context: Path) -> None:
    (context / "Dockerfile").write_text("FROM busybox\nRUN exit 3\n")
    client = start(shared_daemon, context)
    told, _ = client.communicate(timeout=60)
    assert client.returncode == 1
    assert "did not complete successfully: exit code: 3" in told
    (context / "Dockerfile").write_text("FRM busybox\n")
    client = start(shared_daemon, context)
    told, _ = client.communicate(timeout=60)
    assert (client.returncode, "unknown instruction: FRM" in told) == (1, True), told


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_a_client_that_leaves_ends_the_build(shared_daemon: Daemon, context: Path, by: signal.Signals) -> None:
    (context / "Dockerfile").write_text("FROM busybox\nRUN echo sleeping; sleep 8765\n")
    client = start(shared_daemon, context)
    assert client.stdout is not None
    for line in client.stdout:
        if line.endswith("sleeping\n") and "echo" not in line:
            break
    client.send_signal(by)
    client.communicate(timeout=20)
    eventually(lambda: subprocess.run(["pgrep", "-f", "^sleep 8765$"], capture_output=True).returncode != 0)
    shared_daemon.assert_clean()
