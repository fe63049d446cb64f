"""A client that still sends when its answer is complete gets the answer, not a broken pipe."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from anyio.to_thread import run_sync

from tests.unit.core.daemon.serving_app import read_all, serving

pytestmark = pytest.mark.anyio

HEAD = b"POST /early HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


def chunks(total: int) -> Iterator[bytes]:
    piece = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    yield from [piece] * (total // 4096)
    yield b"0\r\n\r\n"


async def sent_until_closed(client: anyio.abc.SocketStream, total: int) -> int:
    """Send a body; return how much was taken until the server closed the connection, or all."""
    sent = 0
    try:
        for chunk in chunks(total):
            await client.send(chunk)
            sent += 4096
    except anyio.BrokenResourceError:
        return sent
    return total


@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_a_body_nobody_reads_may_still_be_sent(tmp_path: Path, kind: str) -> None:
    def talk(address: str | tuple[str, int]) -> bytes:
        with socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET) as client:
            client.connect(address)
            client.sendall(HEAD)
            time.sleep(0.1)
            for chunk in chunks(128 * 1024):
                client.sendall(chunk)
            answer = b""
            while data := client.recv(65536):
                answer += data
            return answer

    async with serving(tmp_path, hosts=["tcp://127.0.0.1:0"]) as (app, path):
        answer = await run_sync(talk, path if kind == "unix" else app.addresses[-1])
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"early")


@pytest.mark.parametrize("head", [HEAD, HEAD.replace(b"Connection: close\r\n", b"")])
async def test_a_body_without_end_is_not_read_for_ever(tmp_path: Path, head: bytes) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(head)
        assert await sent_until_closed(client, 128 << 20) < 64 << 20


async def test_a_client_that_reads_its_answer_and_stays_is_closed(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(HEAD)
        assert (await read_all(client)).endswith(b"early")
        while await sent_until_closed(client, 4096) == 4096:
            await anyio.sleep(0.1)


async def test_who_was_never_told_to_send_its_body_is_not_misread(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /early HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert (await read_all(client)).endswith(b"early")
        assert app.bodies == []


async def test_who_asks_for_leave_gets_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /plain HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert (await client.receive()).startswith(b"HTTP/1.1 100")
        await client.send(b"hello")
        assert (await client.receive()).startswith(b"HTTP/1.1 200")
        assert app.bodies == [b"hello"]
