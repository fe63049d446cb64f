"""Stock clients move images in and out of a daemon's own registry, and one daemon is another's mirror."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import open_ready_daemon
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

ADDRESS = "127.0.0.1:5001"
CONFIG = f'[drivers]\nfrontends = ["docker", "registry"]\n[plugins.api_registry]\naddress = "{ADDRESS}"\n'


@pytest.fixture(scope="module")
def module_daemon(tmpfs: Path, registry_storage: Path) -> Iterator[Daemon]:
    with open_ready_daemon(tmpfs, registry_storage, CONFIG) as daemon:
        yield daemon


@pytest.fixture
def serving(shared_daemon: Daemon) -> Daemon:
    """A daemon that serves its images, among them busybox."""
    return shared_daemon


@contextmanager
def beside(daemon: Daemon, tmpfs: Path, *flags: str) -> Iterator[Daemon]:
    """Run a second daemon in the network of one, whose bridge it cannot have."""
    directory = tmpfs / "beside"
    other = Daemon(directory, daemon.network, flags)
    try:
        other.start()
        yield other
        other.remove_containers()
        other.assert_clean()
        other.stop()
    finally:
        other.destroy()
        shutil.rmtree(directory)


def inside(daemon: Daemon, *words: str, **environment: str) -> str:
    return daemon.run(*daemon.network.command(words), environment=environment).stdout


def identity(daemon: Daemon, name: str) -> str:
    return daemon.docker("images", "--quiet", "--no-trunc", name).stdout.strip()


def test_skopeo_both_ways(serving, tmp_path: Path):
    layout = f"oci:{tmp_path}/layout:busybox"
    inside(serving, "skopeo", "copy", "--src-tls-verify=false", f"docker://{ADDRESS}/library/busybox", layout)
    inside(serving, "skopeo", "copy", "--dest-tls-verify=false", layout, f"docker://{ADDRESS}/team/copied:1")
    assert identity(serving, "team/copied:1") == identity(serving, "busybox")
    assert serving.docker("run", "--rm", "team/copied:1", "echo", "there").stdout == "there\n"
    told = json.loads(inside(serving, "skopeo", "list-tags", "--tls-verify=false", f"docker://{ADDRESS}/team/copied"))
    assert told["Tags"] == ["1"]
    inside(serving, "skopeo", "delete", "--tls-verify=false", f"docker://{ADDRESS}/team/copied:1")
    assert identity(serving, "team/copied:1") == ""


@pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed")
def test_podman_both_ways(serving, tmpfs: Path, tmp_path: Path):
    roots = ("podman", "--root", str(tmpfs / "podman"), "--runroot", str(tmpfs / "podman-run"), "--storage-driver", "vfs")
    try:
        inside(serving, *roots, "pull", "--quiet", "--tls-verify=false", f"{ADDRESS}/library/busybox", DOCKER_CONFIG="")
        inside(
            serving,
            *roots,
            "push",
            "--quiet",
            "--tls-verify=false",
            f"{ADDRESS}/library/busybox",
            f"{ADDRESS}/podman/busybox:2",
            DOCKER_CONFIG="",
        )
    finally:
        inside(serving, *roots, "system", "reset", "--force")
    assert serving.docker("run", "--rm", "podman/busybox:2", "echo", "there").stdout == "there\n"


def test_the_stock_cli_both_ways_through_another_daemon(serving, tmpfs: Path):
    with beside(serving, tmpfs) as other:
        other.docker("pull", "--quiet", f"{ADDRESS}/busybox")
        other.docker("run", "--network", "none", "--name", "changed", f"{ADDRESS}/busybox", "touch", "/mark")
        other.docker("commit", "changed", f"{ADDRESS}/own/changed:1")
        pushed = other.docker("push", f"{ADDRESS}/own/changed:1").stdout
        assert "1: digest: sha256:" in pushed
        assert identity(other, f"{ADDRESS}/own/changed:1") == identity(serving, "own/changed:1")
    assert serving.docker("run", "--rm", "own/changed:1", "ls", "/mark").stdout == "/mark\n"


def test_a_daemon_is_the_mirror_of_another(serving, tmpfs: Path):
    with beside(serving, tmpfs, "--registry-mirror", f"http://{ADDRESS}") as other:
        other.docker("pull", "--quiet", "busybox")
        assert identity(other, "busybox") == identity(serving, "busybox")
        digests = [daemon.docker("images", "--digests", "--format", "{{.Digest}}", "busybox").stdout for daemon in (serving, other)]
        assert digests[0] == digests[1]
        assert other.docker("run", "--rm", "--network", "none", "busybox", "echo", "there").stdout == "there\n"


def test_the_daemons_own_socket_serves_it_too(serving):
    status, body = serving.request("GET", "/v2/library/busybox/tags/list")
    assert (status, json.loads(body)) == (200, {"name": "library/busybox", "tags": ["latest"]})


def test_a_password(start_daemon, tmp_path: Path):
    config = CONFIG + 'users = {user = "secret"}\n'
    with start_daemon(config=config) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        source = (f"docker://{ADDRESS}/library/busybox", f"oci:{tmp_path}/layout:x")
        refused = daemon.run(*daemon.network.command(["skopeo", "copy", "--src-tls-verify=false", *source]), check=False)
        assert "unauthorized" in refused.stderr
        inside(daemon, "skopeo", "copy", "--src-tls-verify=false", "--src-creds", "user:secret", *source)
