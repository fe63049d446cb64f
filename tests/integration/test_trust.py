"""Policies about images, on a daemon with a real registry: what is refused is neither unpacked nor run, in Docker's way of saying so."""

import json
from pathlib import Path

import pytest

from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar
from tests.busybox import busybox, push
from tests.conftest import DaemonFactory
from tests.daemon import Daemon
from tests.network import NetworkNamespace

pytestmark = pytest.mark.privileged

REFUSED = "is refused by the policy allowlist"
OTHER = make_image((make_tar({"other": b"o" * 1000}),))
PINNED = busybox().descriptor.digest
POLICY = f"""
[plugins.trust_allowlist]
repositories = ["*", "127.0.0.1:5000/team/**"]
verify_use = true
[plugins.trust_allowlist.pins]
"127.0.0.1:5000/pinned:1" = ["{PINNED}"]
"""


@pytest.fixture
def offered(network: NetworkNamespace, registry: RunningRegistry) -> None:
    with network.entered():
        for repository in ("team/app", "evil/app", "pinned"):
            push(busybox(), registry.address, repository, "1")
        push(OTHER, registry.address, "pinned", "2")


def blobs(daemon: Daemon) -> list[Path]:
    return [*(daemon.data_root / "content" / "blobs" / "sha256").iterdir(), *(daemon.data_root / "content" / "ingest").iterdir()]


def refused(daemon: Daemon, *words: str, stdin: str | None = None) -> str:
    done = daemon.docker(*words, check=False, stdin=stdin)
    assert done.returncode != 0
    assert REFUSED in done.stderr, done.stderr
    return done.stderr


def test_what_is_not_allowed_is_neither_pulled_nor_run(
    start_daemon: DaemonFactory, network: NetworkNamespace, registry: RunningRegistry, offered: None
) -> None:
    evil, sentence = f"{registry.address}/evil/app:1", "is not among the allowed repositories"
    with start_daemon(config=POLICY) as daemon:
        said = refused(daemon, "pull", evil)
        assert said == f"Error response from daemon: image {evil} {REFUSED}: {registry.address}/evil/app {sentence}\n"
        assert daemon.request("POST", f"/images/create?fromImage={registry.address}/evil/app&tag=1")[0] == 403
        refused(daemon, "run", "--rm", evil, "true")
        refused(daemon, "build", "-", stdin=f"FROM {evil}\nRUN true\n")
        assert blobs(daemon) == []

        assert daemon.docker("run", "--rm", f"{registry.address}/team/app:1", "echo", "runs").stdout == "runs\n"
        daemon.docker("pull", "--quiet", "busybox")
        daemon.docker("pull", "--quiet", f"{registry.address}/pinned:1")
        with network.entered():
            push(OTHER, registry.address, "pinned", "1")
        said = refused(daemon, "pull", f"{registry.address}/pinned:1")
        assert f"{registry.address}/pinned:1 is pinned to {PINNED} and is {OTHER.descriptor.digest}" in said


def test_what_came_in_another_way_is_not_used_if_the_policy_says_so(
    start_daemon: DaemonFactory, registry: RunningRegistry, offered: None, tmpfs: Path
) -> None:
    allowed, archive = f"{registry.address}/team/app:1", str(tmpfs / "trust.tar")
    with start_daemon(config=POLICY) as daemon:
        daemon.docker("run", "--name", "made", allowed, "touch", "/made")
        committed = daemon.docker("commit", "made", "mine").stdout.strip()
        said = refused(daemon, "create", "mine")
        assert said == f"Error response from daemon: image mine {REFUSED}: it was pulled from no repository\n"
        refused(daemon, "build", "-", stdin="FROM mine\nRUN true\n")
        daemon.docker("tag", "mine", f"{registry.address}/team/app:2")
        refused(daemon, "run", f"{registry.address}/team/app:2")

        daemon.docker("save", "--output", archive, "mine")
        daemon.docker("rmi", "--force", "mine", f"{registry.address}/team/app:2")
        daemon.docker("load", "--input", archive)
        refused(daemon, "run", "mine")
        assert daemon.docker("start", "made").returncode == 0

        daemon.config_file.write_text(POLICY.replace("verify_use = true", f'verify_use = true\nimages = ["{committed}"]'))
        daemon.restart()
        assert daemon.docker("run", "--rm", "mine", "ls", "/made").stdout == "/made\n"


def test_a_wrong_policy_keeps_the_daemon_from_starting(start_daemon: DaemonFactory) -> None:
    with start_daemon() as daemon:
        daemon.stop()
        daemon.config_file.write_text('[plugins.trust_allowlist]\nrepositories = ["a//b"]\n')
        with pytest.raises(AssertionError, match=r"plugins\.trust_allowlist.*is not a pattern of repositories"):
            daemon.start()
        daemon.process = None
        daemon.config_file.write_text("")
        daemon.start()
        assert json.loads(daemon.docker("info", "--format", "{{json .Images}}").stdout) == 0
