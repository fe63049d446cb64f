"""Mistakes, in words; and builds that end before they are done."""

import os
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.asking import eventually
from tests.build.conftest import BUILDX, CLASSIC, Builder, Built

pytestmark = pytest.mark.privileged

Build = Callable[..., Built]


def test_a_failing_command_tells_its_code_and_where(builder: Builder, build: Build) -> None:
    built = build("FROM busybox\nRUN echo before\nRUN echo out; echo err >&2; exit 42\nRUN echo after\n", check=False)
    assert built.id == ""
    if builder.client == CLASSIC:
        assert built.status == 42
        assert "The command '/bin/sh -c echo out; echo err >&2; exit 42' returned a non-zero code: 42" in built.errors
        assert "Step 3/4" in built.output
    else:
        assert built.status
        assert "did not complete successfully: exit code: 42" in built.errors
        assert "Dockerfile:3" in built.errors
        assert "[3/4] RUN echo out" in built.errors
    assert "out" in built.output + built.errors
    assert "echo after" not in built.output


def test_a_file_that_is_missing_is_told(builder: Builder, build: Build) -> None:
    classic = builder.client == CLASSIC
    for dockerfile, by_classic, by_buildkit in (
        ("COPY missing /x", "COPY failed: file not found in build context or excluded by .dockerignore: stat missing: file does not exist", '"/missing": not found'),
        ("ADD a b/c /x/", "ADD failed: file not found in build context or excluded by .dockerignore: stat b/c: file does not exist", '"/b/c": not found'),
        ("COPY --from=busybox /none /x", "COPY failed: stat none: file does not exist", '"/none": not found'),
        ("COPY *.none /x/", "COPY failed: no source files were specified", '"/*.none": not found'),
    ):  # fmt: skip
        built = build(f"FROM busybox\n{dockerfile}\n", check=False, a="A")
        assert built.status
        assert (by_classic if classic else by_buildkit) in built.errors, built.errors


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        ("FROM busybox\nNONSENSE x\n", "unknown instruction: NONSENSE"),
        ("FROM busybox\nCOPY --wrong=1 a /x\n", "unknown flag: --wrong"),
        ("FROM busybox\nCOPY a\n", "COPY requires at least two arguments"),
        ("FROM busybox\nCOPY --from=127.0.0.1:5000/nobody a /x\n", "127.0.0.1:5000/nobody"),
        ("FROM busybox\nRUN --mount=type=odd,target=/x true\n", "odd"),
        ("FROM busybox\nENV\n", "ENV requires at least one argument"),
        ("FROM busybox\nUSER nobody-there\nRUN true\n", "nobody-there"),
        ("FROM busybox\nRUN [\"/missing\"]\n", "missing"),
        ("FROM busybox\nCOPY a a /file\n", "the destination must be a directory and end with a /"),
        ("FROM busybox\nEXPOSE abc\n", "abc"),
        ("FROM $MISSING\nRUN true\n", "base name ($MISSING) should not be blank"),
        ("RUN true\n", "no build stage in current context"),
        ("\n", "file with no instructions"),
        ("FROM Upper\n", "must be lowercase"),
        ("FROM busybox\nRUN <<EOF\necho\n", "unterminated heredoc"),
        ("FROM busybox\nHEALTHCHECK --interval=x CMD true\n", 'invalid duration "x"'),
        ("FROM busybox\nSTOPSIGNAL NOSUCH\n", "NOSUCH"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(builder: Builder, build: Build, dockerfile: str, message: str) -> None:
    built = build(dockerfile, check=False, a="A")
    assert built.status
    assert built.id == ""
    assert message in built.errors, built.errors


def test_what_is_asked_for_must_exist(builder: Builder, build: Build) -> None:
    target = build("FROM busybox\n", "--target", "nobody", check=False)
    assert target.status
    assert "nobody" in target.errors
    file = builder.build("--file", str(builder.directory / "Other"), check=False)
    assert file.status
    assert "Other" in file.errors
    image = build("FROM 127.0.0.1:5000/no-such-image:1\n", check=False)
    assert image.status
    assert "no-such-image" in image.errors


def test_a_client_that_leaves_ends_the_build(builder: Builder) -> None:
    builder.write({"Dockerfile": "FROM busybox\nRUN echo sleeping; sleep 1234\n"})
    words = ("docker", "buildx", "build", "--progress=plain") if builder.client == BUILDX else ("docker", "build")
    client = subprocess.Popen(
        builder.daemon.network.command([*words, str(builder.directory)]),
        env=builder.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert client.stdout is not None
    for line in client.stdout:
        if line.endswith(b"sleeping\n") and b"echo" not in line:
            break
    client.send_signal(signal.SIGINT)
    client.communicate(timeout=60)
    scratch = builder.daemon.data_root / "tmp"

    def left() -> tuple[bool, list[str]]:
        return _is_running("sleep 1234"), os.listdir(scratch)

    eventually(lambda: left() == (False, []), left)
    builder.daemon.assert_clean()


def test_a_quiet_build_ends_with_its_client_too(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nRUN sleep 4321\n"})
    client = subprocess.Popen(
        classic.daemon.network.command(["docker", "build", "--quiet", str(classic.directory)]), env=classic.environment()
    )
    eventually(lambda: _is_running("sleep 4321"))
    client.kill()
    client.wait(30)
    eventually(lambda: not (_is_running("sleep 4321") or list((classic.daemon.data_root / "tmp").iterdir())))
    classic.daemon.assert_clean()


def _is_running(command: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"^{command}$"], capture_output=True).returncode == 0
