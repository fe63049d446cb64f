"""The stock Docker CLI against the frontend."""

import io
import tarfile
from pathlib import Path

import pytest

from tests.api.conftest import NEEDS_DOCKER, Api

pytestmark = NEEDS_DOCKER


def succeed(api: Api, *arguments: str, stdin: str = "") -> str:
    done = api.docker(*arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


def test_version_and_info(api: Api) -> None:
    assert succeed(api, "version", "--format", "{{.Server.Version}} {{.Server.MinAPIVersion}}") == "9.9.9 1.22"
    assert succeed(api, "info", "--format", "{{.Swarm.LocalNodeState}} {{.CgroupVersion}} {{.DefaultRuntime}}") == "inactive 2 ns"
    assert "Fake Linux" in succeed(api, "info")


@pytest.mark.parametrize(("command", "code"), [(["echo", "hi"], 0), (["fail", "7"], 7), (["nope"], 127)])
def test_run_reports_the_exit_code(api: Api, command: list[str], code: int) -> None:
    assert api.docker("run", "--rm", "busybox", *command).returncode == code


def test_run_separates_output_and_errors(api: Api) -> None:
    assert succeed(api, "run", "busybox", "echo", "a b") == "a b"
    done = api.docker("run", "busybox", "fail", "1")
    assert (done.stdout, done.stderr) == ("", "failing\n")


def test_run_passes_input_of_any_size_through(api: Api) -> None:
    text = "0123456789abcdef" * 65536
    assert succeed(api, "run", "-i", "--rm", "busybox", "cat", stdin=text) == text
    assert succeed(api, "ps", "-aq") == ""


def test_run_pulls_what_is_missing(api: Api) -> None:
    done = api.docker("run", "--rm", "alpine", "echo", "pulled")
    assert (done.returncode, done.stdout) == (0, "pulled\n")
    assert "Unable to find image 'alpine:latest' locally" in done.stderr
    assert api.docker("run", "missing", "echo").returncode == 125


def test_exec_has_input_output_and_exit_codes(api: Api) -> None:
    succeed(api, "run", "-d", "--name", "s", "busybox", "sleep")
    assert succeed(api, "exec", "s", "echo", "in") == "in"
    assert succeed(api, "exec", "-i", "s", "cat", stdin="typed") == "typed"
    assert api.docker("exec", "s", "fail", "5").returncode == 5
    assert api.docker("exec", "s", "nope").returncode == 127


def test_the_life_of_a_container(api: Api) -> None:
    identifier = succeed(api, "create", "--name", "s", "busybox", "sleep")
    assert succeed(api, "ps", "-a", "--format", "{{.Names}} {{.Status}} {{.Command}}") == 's Created "sleep"'
    for verb in ("start", "pause", "unpause", "restart", "stop", "start", "kill"):
        assert succeed(api, verb, "s") == "s"
    assert succeed(api, "wait", "s") == "137"
    assert succeed(api, "inspect", "--format", "{{.Id}} {{.State.ExitCode}}", "s") == f"{identifier} 137"
    assert succeed(api, "rename", "s", "t") == ""
    assert succeed(api, "rm", "t") == "t"


def test_attach_sees_the_end(api: Api) -> None:
    succeed(api, "create", "-i", "--name", "c", "busybox", "cat")
    assert succeed(api, "start", "-ai", "c", stdin="typed") == "typed"


def test_observations(api: Api) -> None:
    succeed(api, "run", "-d", "--name", "s", "busybox", "sleep")
    assert "1MiB / 1GiB" in succeed(api, "stats", "--no-stream", "--format", "{{.MemUsage}}", "s").replace("1020KiB", "1MiB")
    assert "4242" in succeed(api, "top", "s")
    assert succeed(api, "port", "s") == ""
    assert "container start" in succeed(api, "events", "--since", "1m", "--until", "0s")
    assert succeed(api, "update", "-m", "5m", "s").startswith("s")
    succeed(api, "run", "--name", "x", "-d", "busybox", "echo", "logged")
    assert succeed(api, "logs", "x") == "logged"
    assert succeed(api, "logs", "-f", "--tail", "1", "x") == "logged"


def test_copying(api: Api, tmp_path: Path) -> None:
    succeed(api, "create", "--name", "x", "busybox")
    (tmp_path / "f").write_text("content")
    succeed(api, "cp", str(tmp_path / "f"), "x:/tmp/")
    done = api.docker("cp", "x:/f", str(tmp_path / "g"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "g").read_text() == "content"
    assert succeed(api, "diff", "x") == "A /f"


def test_images(api: Api) -> None:
    assert succeed(api, "pull", "-q", "alpine:3") == "docker.io/library/alpine:3"
    assert api.docker("pull", "broken").stderr.strip() == "the registry went away"
    assert set(succeed(api, "images", "--format", "{{.Repository}}:{{.Tag}}").split()) == {"alpine:3", "busybox:latest"}
    succeed(api, "tag", "alpine:3", "mine:4")
    assert "<missing>" in succeed(api, "history", "mine:4")
    assert succeed(api, "image", "inspect", "--format", "{{.Os}} {{.RootFS.Type}}", "mine:4") == "linux layers"
    assert succeed(api, "rmi", "alpine:3") == "Untagged: alpine:3"
    assert "Deleted" in succeed(api, "rmi", "mine:4")
    archive = io.BytesIO()
    tarfile.open(fileobj=archive, mode="w").close()
    assert "Loaded" in succeed(api, "load", stdin=archive.getvalue().decode())


def test_networks_and_volumes(api: Api) -> None:
    succeed(api, "network", "create", "--subnet", "10.9.0.0/24", "n")
    assert succeed(api, "network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", "n") == "10.9.0.0/24"
    assert succeed(api, "run", "--rm", "--network", "n", "busybox", "echo", "joined") == "joined"
    assert succeed(api, "network", "rm", "n") == "n"
    assert succeed(api, "volume", "create", "v") == "v"
    assert succeed(api, "volume", "ls", "-q") == "v"
    assert succeed(api, "volume", "rm", "v") == "v"


def test_cleaning_up(api: Api) -> None:
    succeed(api, "run", "--name", "x", "busybox", "echo")
    assert "Total reclaimed space: 42B" in succeed(api, "system", "prune", "-f")
    assert "Build Cache" in succeed(api, "system", "df")


def test_logging_in(api: Api) -> None:
    assert "Login Succeeded" in succeed(api, "login", "-u", "me", "--password-stdin", "r.example", stdin="right")
    assert api.docker("login", "-u", "me", "--password-stdin", "r.example", stdin="wrong").returncode == 1


def test_a_build_however_large_its_context(api: Api, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM busybox\n")
    (context / "large").write_bytes(b"\0" * (8 << 20))
    done = api.docker("build", "-t", "made:1", str(context))
    assert done.returncode == 0, done.stderr
    assert "Step 2/2 : RUN make\n ---> Running in cccccccccccc\nmade\n" in done.stdout
    assert "Successfully tagged made:1" in done.stdout
    broken = api.docker("build", "--target", "broken", str(context))
    assert broken.returncode == 2
    assert "The command '/bin/sh -c make' returned a non-zero code: 2" in broken.stderr
