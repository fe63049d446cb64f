"""What stock buildx and Compose send arrives at the builder, and what the builder tells arrives at the terminal."""

import gc
import io
import json
import logging
import os
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from sdk.engine.config import HostEntry
from sdk.testing.authorization import RecordingAuthorizer
from tests.asking import eventually
from tests.buildx.conftest import Buildx


def test_the_builder_is_found_without_a_helper_container(buildx: Buildx) -> None:
    listed = buildx.docker("buildx", "ls").stdout
    assert "running" in listed
    assert "docker-container" not in listed


def test_a_context_arrives_without_what_is_ignored(buildx: Buildx, context: Path) -> None:
    buildx.build("--tag", "app:1", str(context))
    seen = buildx.last
    assert seen.files == {
        ".dockerignore": "# keys\n*.key\n!sub\n",
        "Dockerfile": "FROM busybox\nRUN make\n",
        "a.txt": "a",
        "sub/b.txt": "b",
        "empty": "",
        "link": "-> a.txt",
    }
    assert seen.dockerfile.startswith("FROM busybox")
    assert seen.request.tags == ("app:1",)


def test_the_next_build_sees_changes_additions_and_removals(buildx: Buildx, context: Path) -> None:
    buildx.build(str(context))
    first = buildx.last.request.context
    (context / "a.txt").write_text("changed")
    (context / "sub/b.txt").unlink()
    (context / "link").unlink()
    (context / "link").mkdir()
    (context / "link/inside").write_text("new")
    buildx.build(str(context))
    assert buildx.last.request.context == first
    assert buildx.last.files.items() >= {"a.txt": "changed", "link/inside": "new"}.items()
    assert not any(name.startswith("sub/") for name in buildx.last.files)


def test_options_arrive(buildx: Buildx, context: Path) -> None:
    buildx.build(
        *("--build-arg", "A=1", "--label", "l=2", "--target", "t", "--network", "none", "--add-host", "h:10.0.0.1"),
        *("--no-cache", "--pull", "--shm-size", "64m", "--ulimit", "nofile=10:20", "--platform", "linux/amd64", str(context)),
    )
    request = buildx.last.request
    assert dict(request.build_args) == {"A": "1"}
    assert dict(request.labels) == {"l": "2"}
    assert (request.target, request.network_mode, request.extra_hosts) == ("t", "none", (HostEntry("h", "10.0.0.1"),))
    assert request.no_cache
    assert request.pull
    assert request.limits.shm_size == 64 * 1024 * 1024
    assert [(limit.name, limit.soft, limit.hard) for limit in request.limits.ulimits] == [("nofile", 10, 20)]
    assert str(request.platform) == "linux/amd64"


def test_progress_names_the_steps_and_ends_with_the_image(buildx: Buildx, context: Path) -> None:
    done = buildx.build("--iidfile", "iid", "--metadata-file", "metadata", "--tag", "app:1", str(context))
    for words in ("[internal] load build definition from Dockerfile", "transferring context:", "[2/2] RUN make", "made"):
        assert words in done.stderr
    image = (buildx.directory / "iid").read_text()
    metadata = json.loads((buildx.directory / "metadata").read_text())
    assert metadata["containerimage.config.digest"] == image
    assert metadata["image.name"] == "docker.io/library/app:1"


def test_a_failure_shows_the_line(buildx: Buildx, context: Path) -> None:
    done = buildx.build("--target", "failing", str(context), check=False)
    assert done.returncode == 1
    assert "Dockerfile:2" in done.stderr
    assert ">>> RUN make" in done.stderr
    assert "ERROR: failed to solve: process did not complete: exit code: 1" in done.stderr


def test_sessions_flow_behind_an_authorizer(buildx: Buildx, context: Path) -> None:
    """It is asked about the connections; what goes over them was allowed with their beginning."""
    buildx.door.guard({"policy": (policy := RecordingAuthorizer())})
    buildx.build("--load", "--tag", "app:1", str(context))
    assert {("POST", "/grpc"), ("POST", "/session")} & {(request.method, request.path) for request in policy.requests}
    policy.denied |= {"/grpc": "no builds", "/images/create": "no builder in a container either", "/containers/create": "nor so"}
    seen = len(buildx.builds.seen)
    assert buildx.build(str(context), check=False).returncode != 0
    assert len(buildx.builds.seen) == seen


def test_a_secret_is_read_from_the_client(buildx: Buildx, context: Path) -> None:
    buildx.build("--secret", "id=token,env=TOKEN", str(context), TOKEN="s3cret")
    assert buildx.last.secret == b"s3cret"
    buildx.build(str(context))
    assert buildx.last.secret is None


def test_an_ssh_agent_is_forwarded(buildx: Buildx, context: Path) -> None:
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(buildx.directory / "agent")], stdout=subprocess.DEVNULL)
    try:
        _wait_for(buildx.directory / "agent")
        key = buildx.directory / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        environment = {**os.environ, "SSH_AUTH_SOCK": str(buildx.directory / "agent")}
        subprocess.run(["ssh-add", "-q", key], check=True, env=environment, stdin=subprocess.DEVNULL)
        buildx.build("--ssh", "default", str(context), SSH_AUTH_SOCK=environment["SSH_AUTH_SOCK"])
    finally:
        agent.terminate()
        agent.wait()
    assert buildx.last.agent == b"\x0c" * 3  # SSH_AGENT_IDENTITIES_ANSWER


def test_named_contexts_are_directories_and_images(buildx: Buildx, context: Path) -> None:
    other = buildx.directory / "other"
    other.mkdir()
    (other / "x").touch()
    buildx.build("--build-context", f"files={other}", "--build-context", "base=docker-image://alpine:3", str(context))
    assert buildx.last.named == {"files": ["x"], "base": ["alpine:3"]}


def test_a_dockerfile_and_a_context_come_from_standard_input(buildx: Buildx, context: Path) -> None:
    buildx.build("-", stdin=b"FROM scratch\n")
    assert buildx.last.dockerfile == "FROM scratch\n"
    buildx.build("--file", "-", str(context), stdin=b"FROM stdin\n")
    assert buildx.last.dockerfile == "FROM stdin\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(context / "Dockerfile", "Dockerfile")
    buildx.build("-", stdin=packed.getvalue())
    assert buildx.builds.received == [packed.getvalue()]


def test_a_result_comes_as_a_directory_and_as_an_archive(buildx: Buildx, context: Path) -> None:
    buildx.build("--output", "type=local,dest=out", str(context))
    assert (buildx.directory / "out").is_dir()
    buildx.build("--output", "type=tar,dest=out.tar", str(context))
    assert (buildx.directory / "out.tar").read_bytes() == bytes(1024)


def test_a_client_that_leaves_cancels_its_build(buildx: Buildx, context: Path) -> None:
    command = ["docker", "buildx", "build", "--target", "endless", str(context)]
    client = subprocess.Popen(command, env=buildx.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 30
    while not buildx.builds.seen and time.monotonic() < deadline:
        time.sleep(0.05)
    client.send_signal(signal.SIGINT)
    client.communicate(timeout=60)
    assert client.returncode != 0
    buildx.build(str(context))  # the context is free again
    assert buildx.builds.seen[0].request.context == buildx.last.request.context


def test_targets_are_baked_from_each_other(buildx: Buildx, context: Path) -> None:
    (buildx.directory / "docker-bake.json").write_text(
        json.dumps(
            {
                "group": {"default": {"targets": ["app"]}},
                "target": {
                    "base": {"context": str(context), "output": ["type=cacheonly"]},
                    "app": {"context": str(context), "contexts": {"base": "target:base"}, "tags": ["app:2"]},
                },
            }
        )
    )
    buildx.docker("buildx", "bake", "--progress=plain")
    (base,) = buildx.last.named["base"]
    assert base.startswith("sha256:")
    assert buildx.last.request.tags == ("app:2",)


def test_compose_builds(buildx: Buildx, context: Path) -> None:
    (buildx.directory / "compose.yaml").write_text(
        f"services:\n  web:\n    image: web:9\n    build:\n      context: {context}\n      args:\n        A: two\n"
    )
    buildx.docker("compose", "build")
    assert buildx.last.request.tags == ("web:9",) or buildx.last.request.tags == ("docker.io/library/web:9",)
    assert dict(buildx.last.request.build_args) == {"A": "two"}


def test_the_cache_is_shown_and_pruned(buildx: Buildx) -> None:
    assert "42B" in buildx.docker("buildx", "du").stdout
    assert "42B" in buildx.docker("buildx", "prune", "--force", "--all").stdout


def test_more_than_one_platform_is_refused_in_words(buildx: Buildx, context: Path) -> None:
    done = buildx.build("--platform", "linux/amd64,linux/arm64", str(context), check=False)
    assert done.returncode == 1
    assert "Multi-platform build is not supported: build one platform at a time" in done.stderr


def _wait_for(path: Path) -> None:
    eventually(path.exists)


def test_a_remote_builder_speaks_http2_to_the_daemons_own_socket(
    buildx: Buildx, context: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """BuildKit's own client in Go, as buildctl uses it, without an HTTP/1.1 upgrade."""
    buildx.docker("buildx", "create", "--name", "far", "--driver", "remote", f"unix://{buildx.directory}/s.sock")
    assert "running" in buildx.docker("buildx", "inspect", "far").stdout
    buildx.docker("buildx", "build", "--builder", "far", "--build-arg", "A=1", str(context))
    assert dict(buildx.last.request.build_args) == {"A": "1"}
    assert buildx.last.files["a.txt"] == "a"
    assert "Total:" in buildx.docker("buildx", "du", "--builder", "far").stdout
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
