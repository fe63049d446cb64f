"""The Docker API frontend over an engine in memory, behind the real server on a unix socket."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from socket import AF_UNIX, socket

import pytest

from core.daemon.authorization.door import Door
from core.daemon.listeners import ListenOptions, open_listeners
from plugins.api_docker.frontend import DockerFrontend
from plugins.api_docker.settings import ApiDockerSettings
from sdk.drivers.authorizer import Authorizer
from sdk.engine import Engine
from sdk.testing.fake import fake_engine
from tests.serving import serving

NEEDS_DOCKER = pytest.mark.skipif(shutil.which("docker") is None, reason="the Docker CLI is not installed")


class UnixConnection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket(AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self) -> str:
        assert self.body.endswith(b"}\n")
        assert list(self.json) == ["message"]
        return self.json["message"]


class Api:
    def __init__(self, path: str, engine: Engine) -> None:
        self.path = path
        self.engine = engine

    def open(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> HTTPResponse:
        """Send a request and return as soon as the head of its reply is there."""
        connection = UnixConnection(self.path)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} if data is not None and headers is None else headers or {}
        connection.request(method, path, data, given)
        stream = connection.sock
        response = connection.getresponse()
        stream.close()  # the reply keeps it open until it is read or closed
        return response

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Reply:
        """Send a request and return its whole reply."""
        response = self.open(method, path, body, headers)
        with response:
            return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())

    def create(self, *command: str, name: str = "", **fields: object) -> str:
        reply = self.call("POST", f"/containers/create?name={name}", {"Image": "busybox", "Cmd": list(command), **fields})
        assert reply.status == 201, reply
        return reply.json["Id"]

    def raw(self) -> socket:
        connection = socket(AF_UNIX)
        connection.settimeout(30)
        connection.connect(self.path)
        return connection

    def docker(self, *arguments: str, stdin: str = "", config: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DOCKER_HOST": f"unix://{self.path}", "DOCKER_CONFIG": str(config or Path(self.path).parent)}
        return subprocess.run(["docker", *arguments], env=environment, input=stdin, capture_output=True, text=True, timeout=60)


@contextmanager
def served(tmp_path: Path, settings: ApiDockerSettings, authorizer: Authorizer | None = None) -> Iterator[Api]:
    engine = fake_engine()
    path = f"{tmp_path}/s.sock"
    listeners = open_listeners([f"unix://{path}"], ListenOptions())
    door = Door(DockerFrontend(settings).build(engine))
    door.guard({"policy": authorizer} if authorizer else {})
    with serving(door, listeners):
        yield Api(path, engine)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with served(tmp_path, ApiDockerSettings()) as running:
        yield running
