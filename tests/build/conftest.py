"""Builds on a real daemon by the stock clients: the CLI's classic path, and buildx."""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import client_plugins
from tests.connection import UnixConnection
from tests.daemon import Daemon

CLASSIC, BUILDX = "classic", "buildx"
_WORDS = {CLASSIC: ("docker", "build"), BUILDX: ("docker", "buildx", "build", "--progress=plain")}


@dataclass
class Built:
    """How a build ended. `id` is the image's, "" for none."""

    output: str
    errors: str
    status: int
    id: str = ""


@dataclass
class Builder:
    """Builds contexts written for a test, with one of the clients."""

    daemon: Daemon
    directory: Path
    client: str = CLASSIC
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
        command = [*_WORDS[self.client], "--iidfile", str(iid), *flags, context or str(self.directory)]
        done = subprocess.run(
            self.daemon.network.command(command), input=stdin, capture_output=True, timeout=120, env=self.environment()
        )
        built = Built(done.stdout.decode(), done.stderr.decode(), done.returncode, iid.read_text() if iid.exists() else "")
        if check:
            assert built.status == 0, built.output + built.errors + self.daemon.log.read_text()[-3000:]
            self.made.append(built.id)
        return built

    def post(self, path: str) -> tuple[int, list[dict]]:
        """Send the context as it is to a path of the API; return the status and the lines that came back."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(self.directory, ".")
        connection = UnixConnection(self.daemon.socket)
        try:
            connection.request("POST", path, packed.getvalue(), {"Content-Type": "application/x-tar"})
            response = connection.getresponse()
            return response.status, [json.loads(line) for line in response.read().splitlines() if line]
        finally:
            connection.close()

    def environment(self) -> dict[str, str]:
        """Return what the client sees."""
        return os.environ | {
            "DOCKER_HOST": self.daemon.host,
            "DOCKER_BUILDKIT": str(int(self.client == BUILDX)),
            "DOCKER_CONFIG": str(self.directory.parent / "config"),
        }

    def docker(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run another command of the client, in the directory around the context."""
        done = subprocess.run(
            self.daemon.network.command(["docker", *words]),
            capture_output=True,
            text=True,
            timeout=120,
            env=self.environment(),
            cwd=self.directory.parent,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr + self.daemon.tail()
        return done

    def run(self, built: Built, *command: str) -> str:
        """Run a command in a built image and return its output."""
        return self.daemon.docker("run", "--rm", "--network", "none", built.id, *command).stdout

    def inspect(self, built: Built) -> dict:
        (image,) = json.loads(self.daemon.docker("image", "inspect", built.id).stdout)
        return image


def open_builder(daemon: Daemon, tmp_path: Path, client: str) -> Builder:
    """Give a builder with an empty context, by one of the clients."""
    directory = tmp_path / "context"
    directory.mkdir()
    (tmp_path / "config").mkdir()
    if client == BUILDX:
        client_plugins.require(client_plugins.BUILDX)
        client_plugins.link(tmp_path / "config", client_plugins.BUILDX)
    return Builder(daemon, directory, client)


@pytest.fixture(params=[CLASSIC, BUILDX])
def builder(shared_daemon: Daemon, tmp_path: Path, request: pytest.FixtureRequest) -> Builder:
    """A builder with an empty context, once for each client."""
    return open_builder(shared_daemon, tmp_path, request.param)


@pytest.fixture
def classic(shared_daemon: Daemon, tmp_path: Path) -> Builder:
    """A builder with an empty context, by the classic client alone."""
    return open_builder(shared_daemon, tmp_path, CLASSIC)


@pytest.fixture
def buildx(shared_daemon: Daemon, tmp_path: Path) -> Builder:
    """A builder with an empty context, by buildx alone."""
    return open_builder(shared_daemon, tmp_path, BUILDX)


@pytest.fixture
def build(builder: Builder) -> Callable[..., Built]:
    """Write a Dockerfile with further files and build it."""

    def build(dockerfile: str, *flags: str, check: bool = True, **files: str) -> Built:
        builder.write({"Dockerfile": dockerfile, **files})
        return builder.build(*flags, check=check)

    return build
