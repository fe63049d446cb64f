"""Connections are limited; one too many is told so, and those that are open go on."""

import resource
from pathlib import Path

import anyio
import pytest

from core.daemon import admission
from tests.unit.core.daemon.serving_app import read_all, read_until, serving

pytestmark = pytest.mark.anyio

REQUEST = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


async def test_one_too_many_is_refused_until_another_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_MOST", 3)
    async with serving(tmp_path) as (_, path):
        clients = [await anyio.connect_unix(path) for _ in range(3)]
        for client in clients:
            await client.send(REQUEST)
            await read_until(client, b"/a")
        async with await anyio.connect_unix(path) as refused:
            answer = await read_all(refused)
            assert answer.startswith(b"HTTP/1.1 503")
            assert answer.endswith(b'{"message":"too many connections: the daemon serves 3 at a time"}\n')
        await clients[0].send(REQUEST)
        await read_until(clients[0], b"/a")
        await clients.pop().aclose()
        with anyio.fail_after(30):
            while not await is_served(path):
                await anyio.sleep(0.01)
        for client in clients:
            await client.aclose()


async def is_served(path: str) -> bool:
    async with await anyio.connect_unix(path) as client:
        await client.send(REQUEST)
        return b"200 OK" in await read_until(client, b"\r\n\r\n")


def test_half_of_the_descriptors_are_left_to_requests() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert admission.connection_limit() == min(10_000, soft // 2)
