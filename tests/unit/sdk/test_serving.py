"""A frontend's own address: what it may be, and that it is served until the block ends, without a hand on the daemon's signals."""

import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import anyio
import httpx
import pytest

from sdk.frontend import Receive, Scope, Send, reply
from sdk.serving import parse_address, serving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        (":0", ("", 0)),
        ("[::1]:65535", ("::1", 65535)),
        ("localhost:00080", ("localhost", 80)),
    ],
)
def test_host_and_port(address: str, parts: tuple[str, int]) -> None:
    assert parse_address(address) == parts


@pytest.mark.parametrize("address", ["", "80", "a", "a:", "a:x", "a:-1", "a:²", "a:65536", f"a:{'9' * 5000}"])
def test_a_port_is_a_number_of_16_bits(address: str) -> None:
    with pytest.raises(ValueError, match=r"^invalid address '.*': use HOST:PORT$"):
        parse_address(address)


async def test_what_is_being_answered_is_answered_to_its_end() -> None:
    begun, goes_on = anyio.Event(), anyio.Event()
    answers: list[httpx.Response] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await goes_on.wait()
        await reply(send, 200, str(scope["path"]).encode())

    async def ask(client: httpx.AsyncClient, port: int) -> None:
        answers.append(await client.get(f"http://127.0.0.1:{port}/a"))

    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        async with (
            httpx.AsyncClient(timeout=30, trust_env=False) as client,
            anyio.create_task_group() as asking,
            serving(app, sock),
        ):
            asking.start_soon(ask, client, sock.getsockname()[1])
            await begun.wait()
            assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
            goes_on.set()
    assert [(answer.status_code, answer.text, answer.headers.get("server")) for answer in answers] == [(200, "/a", None)]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
async def test_with_a_certificate_it_speaks_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=a -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(["openssl", *words.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await reply(send, 200, str(scope["scheme"]).encode())

    trusted = ssl.create_default_context(cafile=certificate)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        async with serving(app, sock, certificate, key), httpx.AsyncClient(verify=trusted, timeout=30, trust_env=False) as client:
            assert (await client.get(f"https://127.0.0.1:{sock.getsockname()[1]}/")).text == "https"
