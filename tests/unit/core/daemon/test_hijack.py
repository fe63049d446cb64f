"""Raw sockets against the real server: what clients do to a hijacked connection, and what they must not break."""

import socket
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.abc
import pytest

from tests.unit.core.daemon.serving_app import HEAD, UPGRADE, read_all, read_until, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


async def test_half_close_reaches_the_application_and_output_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /echo HTTP/1.1\r\n" + UPGRADE + b"\r\n")
        assert await read_until(client, b"\r\n\r\n") == HEAD
        await client.send(b"hello")
        await client.send_eof()
        assert await read_all(client) == b"helloafter-eof"


async def test_output_does_not_come_together_with_the_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.daemon.connection._HEAD_SECONDS", 1000.0)
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /early_exit HTTP/1.1\r\n" + UPGRADE + b"\r\n")
        await anyio.sleep(0.2)
        assert await client.receive() == HEAD
        assert await read_all(client) == b"bye"


async def test_a_client_that_does_not_read_the_head_gets_everything_all_the_same(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /early_exit HTTP/1.1\r\n" + UPGRADE + b"\r\n")
        with anyio.fail_after(30):
            while len(waiting(client)) <= len(HEAD):
                await anyio.sleep(0.01)
        assert await client.receive() == HEAD + b"bye"


def waiting(client: anyio.abc.SocketStream) -> bytes:
    """Return what a client has not read yet."""
    with suppress(BlockingIOError):
        return client.extra(anyio.abc.SocketAttribute.raw_socket).recv(1000, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    return b""


async def test_bytes_sent_before_the_answer_are_the_streams_first(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /echo HTTP/1.1\r\n" + UPGRADE + b"\r\nearly")
        await client.send_eof()
        assert await read_all(client) == HEAD + b"earlyafter-eof"


@pytest.mark.parametrize("split", [0, 30, 95, 120])
async def test_an_upgrade_request_may_have_a_body(tmp_path: Path, split: int) -> None:
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        request = b"POST /echo HTTP/1.1\r\n" + UPGRADE + b'Content-Length: 13\r\n\r\n{"Tty":false}rest'
        await client.send(request[:split] or b"\r\n")
        await anyio.sleep(0.01)
        await client.send(request[split:])
        await read_until(client, b"rest")
        assert app.bodies == [b'{"Tty":false}']
        await client.send_eof()
        assert await read_all(client) == b"after-eof"


async def test_an_upgrade_request_may_have_a_chunked_body(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /echo HTTP/1.1\r\n" + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
        await read_until(client, b"\r\n\r\n")
        await client.send(b"x")
        assert await client.receive() == b"x"
        assert app.bodies == [b"ab"]


async def test_a_request_without_upgrade_is_hijacked_as_well(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /echo HTTP/1.1\r\nHost: x\r\n\r\nnot a request")
        data = await read_until(client, b"request")
        assert data == HEAD + b"not a request"


async def test_a_megabyte_comes_back_intact(tmp_path: Path) -> None:
    payload = bytes(range(256)) * 4096
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /echo HTTP/1.1\r\n" + UPGRADE + b"\r\n")
        await read_until(client, b"\r\n\r\n")

        async def send() -> None:
            await client.send(payload)
            await client.send_eof()

        async with anyio.create_task_group() as group:
            group.start_soon(send)
            assert await read_all(client) == payload + b"after-eof"


async def test_a_slow_reader_holds_the_writer_back(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /flood HTTP/1.1\r\n" + UPGRADE + b"\r\n")
        await anyio.sleep(0.3)
        assert app.sent < 4 << 20
        assert len(await read_all(client)) == len(HEAD) + (16 << 20)


async def test_unread_input_does_not_cost_the_client_the_last_output(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /early_exit HTTP/1.1\r\n" + UPGRADE + b"\r\n" + b"z" * 100_000)
        assert await read_all(client) == HEAD + b"bye"


async def test_a_client_that_dies_after_half_close_is_noticed(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path):
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        client.sendall(b"POST /silent HTTP/1.1\r\n" + UPGRADE + b"\r\n")
        client.shutdown(socket.SHUT_WR)
        await anyio.sleep(0.1)
        assert not app.gone.is_set()
        client.close()
        with anyio.fail_after(30):
            await app.gone.wait()


async def test_a_client_that_leaves_a_streaming_reply_is_noticed(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path):
        async with await anyio.connect_unix(path) as client:
            await client.send(b"GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in await read_until(client, b"\r\n\r\n")
        with anyio.fail_after(30):
            await app.gone.wait()


async def test_takeover_hands_the_transport_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /take HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\npri")
        assert await read_until(client, b"PRI") == HEAD + b"PRI"


async def test_an_unknown_upgrade_is_ignored_and_the_connection_stays_usable(tmp_path: Path) -> None:
    async with serving(tmp_path) as (app, path), await anyio.connect_unix(path) as client:
        await client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi")
        assert (await read_until(client, b"/a")).startswith(b"HTTP/1.1 200")
        await client.send(b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await read_until(client, b"/b")).startswith(b"HTTP/1.1 200")
        assert app.bodies == [b"hi", b""]


async def test_pipelined_requests_are_answered_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(5)))
        data = await read_until(client, b"/4")
        places = [data.index(b"\r\n\r\n/%d" % n) for n in range(5)]
        assert places == sorted(places)


async def test_every_reply_has_a_date(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"\r\ndate: " in await read_until(client, b"\r\n\r\n")


async def test_rubbish_is_answered_with_400(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, path), await anyio.connect_unix(path) as client:
        await client.send(b"\x16\x03\x01 what\r\n\r\n")
        assert (await read_all(client)).startswith(b"HTTP/1.1 400")
