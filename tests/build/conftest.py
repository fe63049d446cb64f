"""Builds by the stock CLI's classic path on a real daemon."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.daemon import Daemon

CLASSIC = {"DOCKER_BUILDKIT": "0"}


@dataclass
class Built:
    """How a build ended. `id` is the image's, "" for none."""

    output: str
    errors: str
    status: int
    id: str = ""


@dataclass
class Builder:
    """Builds contexts written for a test."""

    daemon: Daemon
    directory: Path
    made: list[str] = field(default_factory=list)

    def write(self, files: Mapping[str, str | bytes], modes: Mapping[str, int] | None = None) -> Path:
        """Write a context."""
        for name, content in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        for name, mode in (modes or {}).items():
            (self.directory / name).chmod(mode)
        return self.directory

    def build(self, *flags: str, check: bool = True, context: str | None = None, stdin: bytes | None = None) -> Built:
        """Build the context."""
        iid = self.directory.parent / f"{self.directory.name}.iid"
        iid.unlink(missing_ok=True)
        command = ["docker", "build", "--iidfile", str(iid), *flags, context or str(self.directory)]
        environment = os.environ | CLASSIC | {"DOCKER_HOST": self.daemon.host}
        done = subprocess.run(self.daemon.network.command(command), input=stdin, capture_output=True, timeout=120, env=environment)
        built = Built(done.stdout.decode(), done.stderr.decode(), done.returncode, iid.read_text() if iid.exists() else "")
        if check:
            assert built.status == 0, built.output + built.errors + self.daemon.log.read_text()[-3000:]
            self.made.append(built.id)
        return built

    def run(self, built: Built, *command: str) -> str:
        """Run a command in a built image and return its output."""
        return self.daemon.docker("run", "--rm", "--network", "none", built.id, *command).stdout

    def config(self, built: Built) -> str:
        return self.daemon.docker("image", "inspect", built.id).stdout


@pytest.fixture
def builder(shared_daemon: Daemon, tmp_path: Path) -> Builder:
    """A builder with an empty context."""
    directory = tmp_path / "context"
    directory.mkdir()
    return Builder(shared_daemon, directory)


@pytest.fixture
def build(builder: Builder) -> Callable[..., Built]:
    """Write a Dockerfile with further files and build it."""

    def build(dockerfile: str, *flags: str, check: bool = True, **files: str) -> Built:
        builder.write({"Dockerfile": dockerfile, **files})
        return builder.build(*flags, check=check)

    return build
