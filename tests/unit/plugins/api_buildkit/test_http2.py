"""gRPC clients that speak HTTP/2 from the first byte, as buildctl does, find BuildKit's services on the daemon's own socket."""

import logging
import random
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import pytest
from grpclib.client import Channel
from grpclib.health.v1.health_grpc import HealthStub
from grpclib.health.v1.health_pb2 import HealthCheckRequest

from core.daemon.listeners import ListenOptions, open_listeners
from core.daemon.server import dispatch
from plugins.api_buildkit.frontend import BuildkitFrontend
from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.proto.control_grpc import ControlStub
from plugins.api_buildkit.proto.ops_pb2 import Definition
from plugins.api_buildkit.settings import ApiBuildkitSettings
from plugins.api_docker.frontend import DockerFrontend
from plugins.api_docker.settings import ApiDockerSettings
from sdk.testing.fake import fake_engine
from tests.api.conftest import Api
from tests.serving import serving

pytestmark = pytest.mark.anyio

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    engine, path = fake_engine(), f"{tmp_path}/s.sock"
    frontends = [BuildkitFrontend(ApiBuildkitSettings(), tmp_path), DockerFrontend(ApiDockerSettings())]
    app = dispatch([(frontend, frontend.build(engine)) for frontend in frontends])
    with serving(app, open_listeners([f"unix://{path}"], ListenOptions())):
        yield Api(path, engine)


@asynccontextmanager
async def channel(api: Api):
    opened = Channel(path=api.path)
    try:
        with anyio.fail_after(30):
            yield opened
    finally:
        opened.close()


async def test_builds_and_their_history_are_served(api: Api) -> None:
    async with channel(api) as opened:
        control = ControlStub(opened)
        assert (await control.Info(wire.InfoRequest())).buildkit_version.version
        assert len((await control.ListWorkers(wire.ListWorkersRequest())).record) == 1
        assert list(await control.ListenBuildHistory(wire.BuildHistoryRequest(early_exit=True))) == []
        assert (await HealthStub(opened).Check(HealthCheckRequest())).status == 1


async def test_a_solve_of_nothing_ends_and_is_history(api: Api) -> None:
    async with channel(api) as opened, ControlStub(opened).ListenBuildHistory.open() as stream:
        await stream.send_message(wire.BuildHistoryRequest(active_only=True), end=True)
        await ControlStub(opened).Solve(wire.SolveRequest(ref="r", definition=Definition()))
        events = [await stream.recv_message(), await stream.recv_message()]
        assert [(event.type, event.record.ref) for event in events] == [(wire.STARTED, "r"), (wire.COMPLETE, "r")]
        await stream.cancel()
        (past,) = await ControlStub(opened).ListenBuildHistory(wire.BuildHistoryRequest(early_exit=True, ref="r"))
        assert past.record.completed_at.seconds > 0


async def test_it_is_answered_beside_the_other_api(api: Api) -> None:
    async with channel(api) as opened, ControlStub(opened).ListenBuildHistory.open() as stream:
        await stream.send_message(wire.BuildHistoryRequest(), end=True)
        assert (await anyio.to_thread.run_sync(api.call, "GET", "/_ping")).status == 200
        await stream.cancel()


async def test_frames_that_are_none_end_the_connection_and_nothing_else(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(7)
    for _ in range(40):
        with api.raw() as client:
            client.sendall(PREFACE + chance.choice([b"", SETTINGS]) + chance.randbytes(chance.randrange(1, 200)))
    for frames in (b"\x00\x00\x00\x04\x00\x00\x00\x00\x01", b"\x00\x00\x00\xfa\x00\x00\x00\x00\x00" * 20_000):
        with api.raw() as client, suppress(ConnectionError):
            client.sendall(PREFACE + SETTINGS + frames)
            while client.recv(65536):
                pass
    assert api.call("GET", "/_ping").status == 200
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("method", "headers", "status", "words"),
    [
        ("POST", {}, 400, "no upgrade"),
        ("POST", {"Connection": "Upgrade", "Upgrade": "foo"}, 400, "protocol foo not supported"),
        ("GET", {"Connection": "Upgrade", "Upgrade": "h2c"}, 404, "page not found"),
    ],
)
@pytest.mark.parametrize("path", ["/session", "/grpc", "/v1.41/session"])
async def test_a_wrong_upgrade_is_refused_in_dockers_words(
    api: Api, path: str, method: str, headers: dict[str, str], status: int, words: str
) -> None:
    reply = api.call(method, path, None, headers)
    assert reply.status == status
    assert words in reply.message
