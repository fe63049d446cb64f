"""Serving and stopping: what is being answered is finished, streams are not waited for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import pytest

from core.daemon.listeners import ListenOptions, open_listeners
from core.daemon.server import dispatch, serve
from sdk.engine import Engine
from sdk.frontend import ApiFrontend, ASGIApp
from sdk.testing.fake import fake_engine

pytestmark = pytest.mark.anyio

GET = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


async def application(scope, receive, send) -> None:
    """Answers /slow after 300 ms, streams on /stream until the client is lost, echoes on /raw."""
    if scope["path"] == "/raw":
        stream = scope["extensions"]["hijack"](b"HTTP/1.1 101 UPGRADED\r\n\r\n")
        while data := await stream.read():
            await stream.write(data)
        return
    await anyio.sleep(0.3 if scope["path"] == "/slow" else 0)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        await receive()
        while (await receive())["type"] != "http.disconnect":
            pass
    await send({"type": "http.response.body", "body": b"done"})


@asynccontextmanager
async def serving(path: str, served: ASGIApp = application) -> AsyncIterator[anyio.CancelScope]:
    listeners, ready = open_listeners([f"unix://{path}"], ListenOptions()), anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(partial(serve, served, listeners, on_ready=ready.set))
        await ready.wait()
        with anyio.fail_after(20):
            yield group.cancel_scope


async def receive_all(client: anyio.abc.SocketStream) -> bytes:
    data = b""
    try:
        while True:
            data += await client.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return data


async def test_what_is_being_answered_is_finished(tmp_path: Path) -> None:
    begun = anyio.Event()

    async def telling(scope, receive, send) -> None:
        begun.set()
        await application(scope, receive, send)

    async with serving(f"{tmp_path}/s", telling) as scope, await anyio.connect_unix(f"{tmp_path}/s") as client:
        await client.send(GET % b"/slow")
        await begun.wait()
        scope.cancel()
        with anyio.CancelScope(shield=True):
            assert b"done" in await receive_all(client)


@pytest.mark.parametrize("path", [b"/stream", b"/raw"])
async def test_streams_are_not_waited_for(tmp_path: Path, path: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in ("_ANSWER_SECONDS", "_UNWIND_SECONDS"):
        monkeypatch.setattr(f"core.daemon.server.{seconds}", 1000.0)
    async with serving(f"{tmp_path}/s") as scope, await anyio.connect_unix(f"{tmp_path}/s") as client:
        await client.send(GET % path)
        await client.receive()
        scope.cancel()
        with anyio.fail_after(30, shield=True):
            await receive_all(client)


async def test_the_socket_is_gone_afterwards(tmp_path: Path) -> None:
    async with serving(f"{tmp_path}/s") as scope:
        assert (tmp_path / "s").exists()
        scope.cancel()
    assert not (tmp_path / "s").exists()


class Named(ApiFrontend):
    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @property
    def prefix(self) -> str:
        return self._prefix

    def build(self, engine: Engine) -> ASGIApp:
        async def app(scope, receive, send) -> None:
            await send(self._prefix)

        return app


@pytest.mark.parametrize(
    ("path", "prefix"), [("/x", "/"), ("/apis", "/"), ("/api", "/api"), ("/api/v2", "/api"), ("/api/cri/x", "/api/cri")]
)
async def test_the_longest_prefix_wins(path: str, prefix: str) -> None:
    engine = fake_engine()
    frontends = [Named("/"), Named("/api"), Named("/api/cri")]
    app = dispatch([(frontend, frontend.build(engine)) for frontend in frontends])
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    await app({"type": "http", "path": path}, None, send)
    assert sent == [prefix]


class Choosy(Named):
    def accepts(self, path: str, query: str) -> bool:
        return path == "/api/x" and query == "version=2"


@pytest.mark.parametrize(("query", "prefix"), [(b"version=2", "/api"), (b"version=1", "/"), (b"", "/")])
async def test_what_a_frontend_does_not_accept_goes_to_the_next_claim(query: bytes, prefix: str) -> None:
    frontends = [Named("/"), Choosy("/api")]
    app = dispatch([(frontend, frontend.build(fake_engine())) for frontend in frontends])
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    await app({"type": "http", "path": "/api/x", "query_string": query}, None, send)
    assert sent == [prefix]


async def test_where_no_frontend_serves_there_is_nothing() -> None:
    frontend = Named("/api")
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await dispatch([(frontend, frontend.build(fake_engine()))])({"type": "http", "path": "/other"}, None, send)
    assert sent[0]["status"] == 404
