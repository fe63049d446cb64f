"""Stock buildx and Compose against the build frontend, over an engine in memory whose builds only look at what they are given."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest

from core.daemon.authorization.door import Door
from core.daemon.listeners import ListenOptions, open_listeners
from core.daemon.server import dispatch
from plugins.api_buildkit.frontend import BuildkitFrontend
from plugins.api_buildkit.settings import ApiBuildkitSettings
from plugins.api_docker.frontend import DockerFrontend
from plugins.api_docker.settings import ApiDockerSettings
from sdk.engine.build_events import BuildEvent, Vertex
from sdk.engine.builds import BuildRequest
from sdk.errors import BuildFailed
from sdk.testing.fake import fake_engine
from sdk.testing.fake.builds import FakeBuilds
from tests.client_plugins import BUILDX, COMPOSE, link, require
from tests.serving import serving


@dataclass
class Seen:
    """What one build was given."""

    request: BuildRequest
    files: dict[str, str] = field(default_factory=dict)
    dockerfile: str = ""
    secret: bytes | None = None
    agent: bytes = b""
    named: dict[str, list[str]] = field(default_factory=dict)


class LookingBuilds(FakeBuilds):
    """Builds that note what they were given before they go through the steps of the fake. The target `failing` points at line 2."""

    def __init__(self, images) -> None:
        super().__init__(images)
        self.seen: list[Seen] = []

    async def build(self, request: BuildRequest) -> AsyncIterator[BuildEvent]:
        seen = Seen(request)
        self.seen.append(seen)
        if request.context:
            seen.files = {
                str(path.relative_to(request.context)): f"-> {path.readlink()}" if path.is_symlink() else path.read_text()
                for path in request.context.rglob("*")
                if path.is_symlink() or path.is_file()
            }
        place = request.dockerfile_directory or request.context
        if place and (place / request.dockerfile).is_file():
            seen.dockerfile = (place / request.dockerfile).read_text()
        seen.secret = await request.secrets.get("token")
        seen.named = {
            name: sorted(os.listdir(context.directory)) if context.directory else [context.image]
            for name, context in request.named_contexts.items()
        }
        async with AsyncExitStack() as stack:
            if request.ssh and (path := await stack.enter_async_context(request.ssh.socket("default"))):
                seen.agent = b"".join([await _ask_agent(path) for _ in range(3)])  # the end of one connection ends no other
        if request.target == "failing":
            vertex = Vertex("sha256:" + "e" * 64, "[2/2] RUN false", started_ns=1, completed_ns=2, error="exit code: 1")
            yield vertex
            raise BuildFailed(
                "process did not complete: exit code: 1", exit_code=1, file="Dockerfile", line=2, vertex=vertex.digest
            )
        if request.target == "endless":
            await anyio.sleep_forever()
        async for event in super().build(request):
            yield event


async def _ask_agent(path: Path) -> bytes:
    """Ask an SSH agent for its identities (message 11) and return the type of its answer."""
    async with await anyio.connect_unix(path) as agent:
        await agent.send(b"\0\0\0\x01\x0b")
        answer = b""
        while len(answer) < 5:
            answer += await agent.receive()
        return answer[4:5]


class Buildx:
    """A server and the client's command line against it."""

    def __init__(self, directory: Path, builds: LookingBuilds, door: Door) -> None:
        self.directory = directory
        self.builds = builds
        self.door = door

    @property
    def last(self) -> Seen:
        return self.builds.seen[-1]

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "DOCKER_HOST": f"unix://{self.directory}/s.sock",
            "DOCKER_CONFIG": str(self.directory / "config"),
            **more,
        }

    def docker(self, *words: str, stdin: bytes = b"", check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["docker", *words],
            input=stdin,
            capture_output=True,
            timeout=40,
            env=self.environment(**environment),
            cwd=self.directory,
        )
        told = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert not check or done.returncode == 0, told.stdout + told.stderr
        return told

    def build(self, *words: str, stdin: bytes = b"", check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.docker("buildx", "build", "--progress=plain", *words, stdin=stdin, check=check, **environment)


@pytest.fixture
def buildx(tmp_path: Path) -> Iterator[Buildx]:
    require(BUILDX, COMPOSE)
    link(tmp_path / "config", BUILDX, COMPOSE)
    engine = fake_engine()
    builds = LookingBuilds(engine.images)
    engine = replace(engine, builds=builds)
    (tmp_path / "data").mkdir()
    frontends = (DockerFrontend(ApiDockerSettings()), BuildkitFrontend(ApiBuildkitSettings(), tmp_path / "data"))
    listeners = open_listeners([f"unix://{tmp_path}/s.sock"], ListenOptions())
    door = Door(dispatch([(frontend, frontend.build(engine)) for frontend in frontends]))
    with serving(door, listeners):
        yield Buildx(tmp_path, builds, door)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A small build context."""
    root = tmp_path / "context"
    (root / "sub").mkdir(parents=True)
    (root / "Dockerfile").write_text("FROM busybox\nRUN make\n")
    (root / "a.txt").write_text("a")
    (root / "sub/b.txt").write_text("b")
    (root / "empty").touch()
    (root / "link").symlink_to("a.txt")
    (root / "secret.key").write_text("not for you")
    (root / ".dockerignore").write_text("# keys\n*.key\n!sub\n")
    return root
