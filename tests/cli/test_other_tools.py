"""skopeo, podman and buildah, as Debian has them, take images from a daemon and bring them: by its socket, as archives, by its registry."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import open_ready_daemon
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

ADDRESS = "127.0.0.1:5001"
CONFIG = f'[drivers]\nfrontends = ["docker", "registry"]\n[plugins.api_registry]\naddress = "{ADDRESS}"\n'
KINDS = ("docker-archive", "oci-archive")

Tool = Callable[..., str]


@pytest.fixture(scope="module", params=["", "keep_blobs = false\n"], ids=["with blobs", "without"])
def module_daemon(tmpfs: Path, registry_storage: Path, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    """A daemon that serves its images as a registry too, among them busybox."""
    with open_ready_daemon(tmpfs, registry_storage, request.param + CONFIG) as running:
        yield running


@pytest.fixture
def inside(shared_daemon: Daemon) -> Tool:
    """Run a program in the daemon's network."""
    return lambda *words: shared_daemon.run(*words, environment={"DOCKER_CONFIG": ""}).stdout.strip()


@pytest.fixture
def skopeo(inside: Tool, shared_daemon: Daemon) -> Tool:
    """Copy from one place to another; `docker-daemon:` is the daemon."""
    host = shared_daemon.host
    options = ("--src-daemon-host", host, "--dest-daemon-host", host, "--src-tls-verify=false", "--dest-tls-verify=false")
    return lambda *places: inside("skopeo", "copy", "--quiet", *options, *places)


@pytest.fixture(params=["podman", "buildah"])
def engine(inside: Tool, tmpfs: Path, request: pytest.FixtureRequest) -> Iterator[Tool]:
    """An engine with a store of its own; it has a command `image` as podman has."""
    program = request.param
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    roots = (program, "--root", f"{tmpfs}/{program}", "--runroot", f"{tmpfs}/{program}-run", "--storage-driver", "vfs")
    yield lambda *words: inside(*roots, *words)
    inside(*roots, "rmi", "--all", "--force")
    for kept in (f"{tmpfs}/{program}", f"{tmpfs}/{program}-run"):
        shutil.rmtree(kept)


def identity(daemon: Daemon, name: str) -> str:
    return daemon.docker("image", "inspect", "--format", "{{.Id}}", name).stdout.strip()


def is_whole(daemon: Daemon, name: str) -> bool:
    """Run what came, and forget it."""
    said = daemon.docker("run", "--rm", "--network", "none", name, "echo", "there").stdout
    daemon.docker("rmi", name)
    return said == "there\n"


def test_skopeo_speaks_to_the_socket(shared_daemon: Daemon, skopeo: Tool, tmp_path: Path):
    skopeo("docker-daemon:busybox:latest", f"oci:{tmp_path}/layout:x")
    skopeo(f"oci:{tmp_path}/layout:x", "docker-daemon:skopeo/brought:1")
    assert is_whole(shared_daemon, "skopeo/brought:1")


def test_skopeo_goes_from_the_socket_to_the_daemons_registry(shared_daemon: Daemon, skopeo: Tool, inside: Tool):
    skopeo("docker-daemon:busybox:latest", f"docker://{ADDRESS}/skopeo/registered:1")
    told = json.loads(inside("skopeo", "inspect", "--tls-verify=false", f"docker://{ADDRESS}/skopeo/registered:1"))
    assert told["RepoTags"] == ["1"]
    assert identity(shared_daemon, "skopeo/registered:1") == identity(shared_daemon, "busybox")
    assert is_whole(shared_daemon, "skopeo/registered:1")


@pytest.mark.parametrize("kind", KINDS)
def test_skopeos_archives_are_loaded(shared_daemon: Daemon, skopeo: Tool, tmp_path: Path, kind: str):
    name = "skopeo/archive:1" if kind == "docker-archive" else "docker.io/skopeo/archive:1"
    skopeo("docker-daemon:busybox:latest", f"{kind}:{tmp_path}/archive.tar:{name}")
    assert "Loaded image: skopeo/archive:1" in shared_daemon.docker("load", "-i", str(tmp_path / "archive.tar")).stdout
    assert is_whole(shared_daemon, "skopeo/archive:1")


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_archive_is_read(shared_daemon: Daemon, engine: Tool, tmp_path: Path, kind: str):
    archive = tmp_path / "saved.tar"
    shared_daemon.docker("save", "--output", str(archive), "busybox")
    pulled = engine("pull", "--quiet", f"{kind}:{archive}")
    assert f"sha256:{pulled.splitlines()[-1]}" == identity(shared_daemon, "busybox")


@pytest.mark.parametrize("kind", KINDS)
def test_archives_of_others_are_loaded(shared_daemon: Daemon, engine: Tool, tmp_path: Path, kind: str):
    archive = tmp_path / "saved.tar"
    engine("pull", "--quiet", "--tls-verify=false", f"{ADDRESS}/library/busybox")
    engine("push", "--quiet", f"{ADDRESS}/library/busybox", f"{kind}:{archive}:docker.io/other/archive:1")
    shared_daemon.docker("load", "--input", str(archive))
    assert identity(shared_daemon, "other/archive:1") == identity(shared_daemon, "busybox")
    assert is_whole(shared_daemon, "other/archive:1")


def test_what_others_push_to_the_daemons_registry_runs(shared_daemon: Daemon, engine: Tool):
    engine("pull", "--quiet", "--tls-verify=false", f"{ADDRESS}/library/busybox")
    engine("push", "--quiet", "--tls-verify=false", f"{ADDRESS}/library/busybox", f"{ADDRESS}/other/pushed:1")
    assert is_whole(shared_daemon, "other/pushed:1")


def test_what_buildah_builds_is_pushed_and_runs(shared_daemon: Daemon, inside: Tool, tmpfs: Path, tmp_path: Path):
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed")
    roots = ("buildah", "--root", f"{tmpfs}/built", "--runroot", f"{tmpfs}/built-run", "--storage-driver", "vfs")
    (tmp_path / "greeting").write_text("hello\n")
    try:
        working = inside(*roots, "from", "--tls-verify=false", f"{ADDRESS}/library/busybox")
        inside(*roots, "copy", working, str(tmp_path / "greeting"), "/greeting")
        inside(*roots, "config", "--cmd", "cat /greeting", "--label", "made=here", working)
        inside(*roots, "commit", "--quiet", working, "built")
        inside(*roots, "push", "--quiet", "--tls-verify=false", "built", f"{ADDRESS}/buildah/built:1")
    finally:
        inside(*roots, "rm", "--all")
        inside(*roots, "rmi", "--all", "--force")
        shutil.rmtree(tmpfs / "built")
        shutil.rmtree(tmpfs / "built-run")
    assert shared_daemon.docker("run", "--rm", "--network", "none", "buildah/built:1").stdout == "hello\n"
    shared_daemon.docker("rmi", "buildah/built:1")
