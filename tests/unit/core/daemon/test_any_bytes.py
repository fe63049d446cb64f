"""Whatever bytes a client sends, the server answers others, and ends what is no request."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from tests.unit.core.daemon.serving_app import UPGRADE, read_all, read_until, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST = b"POST /plain HTTP/1.1\r\nHost: x\r\n"

ODD = [
    PREFACE + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    PREFACE[:18],
    PREFACE[:18] + b"GET / HTTP/1.1\r\n\r\n",
    PREFACE[:3],
    b"\r\n\r\n\r\n\r\nabc",
    b"\r\n" * 1000 + b"abc\r\n\r\n",
    b"\n\n\n\nabc\n\n",
    b"\r\r\r\r",
    b"\x00" * 100,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"GET\r\n\r\n",
    b"GET * HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/1.1\r\n\r\n",
    b"GET plain HTTP/1.1\r\n\r\n",
    b"GET http://x HTTP/1.1\r\n\r\n",
    b"GET /plain HTTP/9.9\r\n\r\n",
    b"GET /plain HTTP/0.9\r\n\r\nmore",
    b"CONNECT x:1 HTTP/1.1\r\n\r\nmore",
    b"CONNECT /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    REQUEST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    REQUEST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    REQUEST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    REQUEST + b"Content-Length: 1_0\r\n\r\n0123456789",
    REQUEST + b"Content-Length: -1\r\n\r\nabc",
    REQUEST + b"Content-Length: 18446744073709551616\r\n\r\nabc",
    REQUEST + b"Transfer-Encoding: gzip\r\n\r\nabc",
    REQUEST + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    REQUEST + b"Transfer-Encoding: chunked, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    REQUEST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcX",
    REQUEST + b"Transfer-Encoding: chunked\r\n\r\n1_0\r\n0123456789012345\r\n0\r\n\r\n",
    REQUEST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    REQUEST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\nabc",
    REQUEST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nabc",
    REQUEST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabcPRI",
    REQUEST + b" folded: x\r\n\r\n",
    REQUEST + b"X" * 300_000,
    b"POST /echo HTTP/1.1\r\n" + UPGRADE + b"\r\n" + PREFACE,
]


async def send_and_leave(path: str, data: bytes, step: int) -> None:
    """Send bytes on a connection of their own, take what comes for a moment, and go away."""
    with suppress(OSError, anyio.BrokenResourceError, anyio.EndOfStream):
        async with await anyio.connect_unix(path) as client:
            for place in range(0, len(data), step):
                await client.send(data[place : place + step])
                if step < 64:
                    await asyncio.sleep(0)
            with anyio.move_on_after(0.02):
                await read_all(client)


async def ping(path: str) -> None:
    with anyio.fail_after(30):
        async with await anyio.connect_unix(path) as client:
            await client.send(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await read_until(client, b"/ping")


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
async def test_odd_bytes_cost_others_nothing(tmp_path: Path, odd: bytes) -> None:
    async with serving(tmp_path) as (_, path):
        for step in (len(odd), 1 if len(odd) < 1000 else 10_000):
            await send_and_leave(path, odd, step)
            await ping(path)


async def test_any_bytes_cost_others_nothing(tmp_path: Path) -> None:
    chance = random.Random(20261129)
    async with serving(tmp_path) as (app, path):
        for _ in range(60):
            async with anyio.create_task_group() as clients:
                for _ in range(8):
                    clients.start_soon(send_and_leave, path, _any(chance), chance.choice([1, 7, 100, 10**6]))
            await ping(path)
        assert len(app.bodies) >= 60


def _any(chance: random.Random) -> bytes:
    """Pieces of what is right, in any order, with bytes changed, left out or added."""
    pieces = [
        chance.choice([*ODD, REQUEST, b"\r\n", b"0\r\n\r\n", b"5\r\nabcde\r\n", PREFACE]) for _ in range(chance.randrange(1, 5))
    ]
    data = bytearray(b"".join(piece[:2000] for piece in pieces))
    for _ in range(chance.choice([0, 0, 1, 3, 30])):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(2)] = bytes([chance.randrange(256)] * chance.randrange(3))
        data = data or bytearray(b"\r")
    return bytes(data)


@pytest.mark.parametrize("odd", [odd for odd in ODD if b"\x04\x00" in odd or b"-Encoding: gzip\r" in odd or b"Length: -1" in odd])
async def test_what_is_no_request_is_answered_with_400_once_and_the_connection_ends(tmp_path: Path, odd: bytes) -> None:
    async with serving(tmp_path, refusing=True) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(odd)
        answer = await read_all(client)
        assert answer.startswith(b"HTTP/1.1 400")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert app.bodies == []


async def test_a_body_that_breaks_off_in_the_middle_ends_the_request(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(REQUEST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nno size\r\n")
        assert (await read_all(client)).startswith(b"HTTP/1.1 400")
        assert app.bodies == []


async def test_requests_may_follow_empty_lines(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET /b HTTP/1.1\nHost: x\n\n")
        assert b"/a" in await read_until(client, b"/b")


async def test_a_request_may_follow_chunks_at_once(tmp_path: Path) -> None:
    chunked = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nUpgrade: y\r\n\r\n"
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(chunked + b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01")
        await anyio.sleep(0.05)
        await client.send(b"23456789" + chunked + b"GET /c HTTP/1.1\r\nHost: x\r\n\r\n")
        await read_until(client, b"/c")
        assert app.bodies == [b"ab", b"0123456789", b"ab", b""]


async def test_who_ends_its_side_after_its_requests_gets_the_answers(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        await client.send_eof()
        answer = await read_all(client)
        assert answer.endswith(b"/b")
        assert answer.count(b"200 OK") == 2


async def test_a_stream_ends_when_its_reader_ends_its_side(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(b"GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
        await read_until(client, b"\r\n\r\n")
        await client.send_eof()
        await app.gone.wait()
        await read_all(client)


@pytest.mark.parametrize(
    "begun",
    [
        b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03" + b"z" * 233,  # TLS
        b"\x80\x2e\x01",  # SSL 2
        b"\x00",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b'\r\n{"json": 1}',
        b"GET /plain\r\n",
    ],
)
async def test_another_protocol_is_refused_without_waiting_for_more(tmp_path: Path, begun: bytes) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(begun)
        with anyio.fail_after(30):
            assert (await client.receive()).startswith(b"HTTP/1.1 400 Bad Request")


@pytest.mark.parametrize(
    "pieces", [(b"G", b"ET /pl", b"ain HTTP/1.1\r", b"\nHost: x\r\n\r\n"), (b"\r\n", b"\nGET /plain HTTP/1.1\n", b"\n")]
)
async def test_a_request_may_come_in_pieces(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        for piece in pieces:
            await client.send(piece)
            await anyio.sleep(0.02)
        with anyio.fail_after(30):
            assert (await client.receive()).startswith(b"HTTP/1.1 200 OK")
