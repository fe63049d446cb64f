"""TCP answers no page of a web browser that is not the daemon's own."""

import socket

import pytest

from core.daemon.cross_site import guarded

pytestmark = pytest.mark.anyio

TCP, UNIX = ("127.0.0.1", 2375), ("/run/docker.sock", None)


async def answer(server: object, headers: dict[str, str], *, scheme: str = "http") -> int:
    """Return the status of a request with these headers."""
    sent: list[dict[str, object]] = []

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "server": server, "scheme": scheme, "headers": pairs}
    await guarded(app, ["build.corp.example"])(scope, None, send)
    return int(str(sent[0]["status"]))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": ""},
        {"host": "127.0.0.1:2375"},
        {"host": "[::1]:2375"},
        {"host": "[fe80::1%25eth0]:2375"},
        {"host": "localhost:2375"},
        {"host": "LocalHost"},
        {"host": "docker:2375"},
        {"host": "host.docker.internal:2375"},
        {"host": "api.moby.localhost"},
        {"host": "build.corp.example:2375"},
        {"host": "build.corp.example.:2375"},
        {"host": socket.gethostname()},
        {"host": "localhost:2375", "origin": "http://localhost:2375"},
        {"host": "build-host.example:2375"},
        {"host": "build-host.example:2375", "user-agent": "Docker-Client/28.2.2 (linux)"},
        {"host": "build-host.example", "user-agent": "python-requests/2.31.0", "accept-encoding": "gzip, deflate", "accept": "*/*"},
        {"host": "build-host.example", "user-agent": "curl/8.5.0", "accept": "*/*"},
        {"host": "build-host.example", "user-agent": "Mozilla/5.0 (Windows NT; Microsoft Windows 10) WindowsPowerShell/5.1"},
        {"host": "build-host.example", "user-agent": "Go-http-client/1.1", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="},
        {"host": "build.corp.example:2375", "accept-language": "en", "user-agent": "Mozilla/5.0 (X11; Linux x86_64)"},
    ],
)
async def test_clients_are_served(headers: dict[str, str]) -> None:
    assert await answer(TCP, headers) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:2375", "origin": "http://evil.example"},
        {"host": "127.0.0.1:2375", "origin": "null"},
        {"host": "127.0.0.1:2375", "origin": "http://127.0.0.1:8080"},
        {"host": "evil.example:2375", "origin": "http://evil.example:2375"},
        {"host": "evil.example:2375", "accept-language": ""},
        {"host": "evil.example:2375", "referer": "http://evil.example:2375/"},
        {"host": "evil.example:2375", "cookie": "a=b"},
        {"host": "evil.example:2375", "sec-fetch-site": "same-origin"},
        {"host": "evil.example:2375", "sec-ch-ua": "x"},
        {"host": "evil.example:2375", "upgrade-insecure-requests": "1"},
        {"host": "evil.example:2375", "user-agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        {"host": "localhost.evil.example", "accept-language": "en"},
        {"host": "127.0.0.1.evil.example", "accept-language": "en"},
        {"host": "internal.evil.example:2375", "accept-language": "en"},
        {"host": "evil.example:x", "accept-language": "en"},
    ],
)
async def test_pages_are_refused(headers: dict[str, str]) -> None:
    assert await answer(TCP, headers) == 403


async def test_tls_vouches_for_names_and_unix_sockets_are_out_of_reach() -> None:
    assert await answer(TCP, {"host": "evil.example", "accept-language": "en"}, scheme="https") == 200
    assert await answer(TCP, {"host": "a", "origin": "https://evil.example"}, scheme="https") == 403
    assert await answer(UNIX, {"host": "evil.example", "origin": "http://evil.example"}) == 200
