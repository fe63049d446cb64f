"""Tokens from a real HTTP server that plays the token server's part."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from plugins.registry_hub.challenges import Challenge
from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.exchanges import Exchanges
from plugins.registry_hub.retries import Retries
from plugins.registry_hub.settings import HubSettings
from plugins.registry_hub.tokens import Authorizer
from sdk.drivers.registry import Credentials
from sdk.errors import InvalidArgument, Unauthorized, Unavailable
from sdk.testing.faults import served

pytestmark = pytest.mark.anyio

SETTINGS = HubSettings(backoff=0.001, longest_pause=0.01, retries=2)
ENDPOINT = Endpoint("registry.test", ("https://registry.test",), verify=True)
SCOPE = "repository:a/b:pull"


class TokenServer:
    """Answers every request with `answer` and keeps what was asked: method, query or form, and authorization."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]], str]] = []
        self.answer: tuple[str, dict[str, object]] = ("200 OK", {"token": "t1", "expires_in": 300})
        self.troubles = 0
        self.realm = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _version = head.split("\r\n")[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        authorization = next(
            (line[len("Authorization: ") :] for line in head.split("\r\n") if line.startswith("Authorization: ")), ""
        )
        self.asked.append((method, parse_qs(body or urlsplit(target).query), authorization))
        status, document = self.answer if self.troubles <= 0 else ("503 Service Unavailable", {})
        self.troubles -= 1
        content = json.dumps(document).encode()
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content)


@pytest.fixture
async def server() -> AsyncIterator[TokenServer]:
    running = TokenServer()
    async with served(running.serve) as port:
        running.realm = f"http://127.0.0.1:{port}/token"
        yield running


@pytest.fixture
async def authorizer(server: TokenServer) -> AsyncIterator[Authorizer]:
    exchanges = Exchanges(SETTINGS)
    opened = Authorizer(exchanges, Retries(SETTINGS))
    opened.learn(ENDPOINT, Challenge("bearer", server.realm, "registry.test", SCOPE))
    yield opened
    await exchanges.connections.close()


async def test_nothing_is_sent_before_the_registry_asks() -> None:
    assert await Authorizer(Exchanges(SETTINGS), Retries(SETTINGS)).header(ENDPOINT, SCOPE, Credentials("user", "secret")) == ""


async def test_an_anonymous_token_is_kept_by_scope(authorizer: Authorizer, server: TokenServer) -> None:
    for _ in range(2):
        assert await authorizer.header(ENDPOINT, SCOPE, Credentials()) == "Bearer t1"
    assert server.asked == [("GET", {"service": ["registry.test"], "scope": [SCOPE]}, "")]
    await authorizer.header(ENDPOINT, "repository:other:pull", Credentials())
    assert server.asked[1][1]["scope"] == ["repository:other:pull"]


async def test_a_refused_token_is_fetched_anew(authorizer: Authorizer, server: TokenServer) -> None:
    await authorizer.header(ENDPOINT, SCOPE, Credentials())
    assert authorizer.forget(ENDPOINT, SCOPE, Credentials())
    assert not authorizer.forget(ENDPOINT, SCOPE, Credentials())
    server.answer = ("200 OK", {"access_token": "t2"})
    assert await authorizer.header(ENDPOINT, SCOPE, Credentials()) == "Bearer t2"


async def test_an_identity_token_is_exchanged(authorizer: Authorizer, server: TokenServer) -> None:
    assert await authorizer.header(ENDPOINT, SCOPE, Credentials(identity_token="identity")) == "Bearer t1"
    method, form, authorization = server.asked[0]
    assert (method, authorization) == ("POST", "")
    assert form["grant_type"] == ["refresh_token"]
    assert form["refresh_token"] == ["identity"]


async def test_a_login_asks_for_an_identity_token(authorizer: Authorizer, server: TokenServer) -> None:
    server.answer = ("200 OK", {"token": "t", "refresh_token": "identity"})
    assert await authorizer.identity(ENDPOINT, Credentials("user", "secret")) == "identity"
    _method, query, authorization = server.asked[0]
    assert (query["offline_token"], query["account"], authorization) == (["true"], ["user"], "Basic dXNlcjpzZWNyZXQ=")


async def test_a_token_server_in_trouble_is_asked_again(authorizer: Authorizer, server: TokenServer) -> None:
    server.troubles = 2
    assert await authorizer.header(ENDPOINT, SCOPE, Credentials("user", "secret")) == "Bearer t1"
    assert len(server.asked) == 3
    server.troubles = 3
    with pytest.raises(Unavailable, match="unexpected status from token server: 503"):
        await authorizer.header(ENDPOINT, "repository:other:pull", Credentials(identity_token="identity"))


async def test_several_scopes_are_asked_for_at_once(authorizer: Authorizer, server: TokenServer) -> None:
    await authorizer.header(ENDPOINT, "repository:a:pull,push repository:b:pull", Credentials())
    assert server.asked[0][1]["scope"] == ["repository:a:pull,push", "repository:b:pull"]


async def test_a_registry_token_goes_as_it_is(authorizer: Authorizer, server: TokenServer) -> None:
    assert await authorizer.header(ENDPOINT, SCOPE, Credentials(registry_token="given")) == "Bearer given"
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "document", "kind", "sentence"),
    [
        ("401 Unauthorized", {}, Unauthorized, 'Get "https://registry.test/v2/": unauthorized: incorrect username or password'),
        (
            "403 Forbidden",
            {"errors": [{"code": "DENIED", "message": "no"}]},
            Unauthorized,
            'Get "https://registry.test/v2/": denied: no',
        ),
        ("500 Oops", {}, Unavailable, "failed to fetch oauth token: unexpected status from token server: 500"),
        ("200 OK", {}, Unavailable, "authorization server did not include a token in the response"),
    ],
)
async def test_refusals(
    authorizer: Authorizer, server: TokenServer, status: str, document: dict[str, object], kind: type[Exception], sentence: str
) -> None:
    server.answer = (status, document)
    with pytest.raises(kind) as caught:
        await authorizer.header(ENDPOINT, SCOPE, Credentials("user", "wrong"))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("token", ["a\r\nX-Evil: yes", "a\0", "tökén", "a b", "\x1b[2J", "x" * 100_000])
@pytest.mark.parametrize("field", ["token", "access_token", "refresh_token"])
async def test_a_token_that_no_header_may_have_fails_at_once(
    authorizer: Authorizer, server: TokenServer, field: str, token: str
) -> None:
    server.answer = ("200 OK", {"token": "fine", field: token})
    with pytest.raises(Unavailable, match="authorization server sent a token that cannot be used"):
        await authorizer.header(ENDPOINT, SCOPE, Credentials())
    assert len(server.asked) == 1


@pytest.mark.parametrize("realm", ["", "ftp://127.0.0.1/token", "http://[::1/", "token", "http://a\x01b/", "http://a..b/"])
async def test_a_realm_that_is_no_url_of_the_web_fails_at_once(authorizer: Authorizer, server: TokenServer, realm: str) -> None:
    authorizer.learn(ENDPOINT, Challenge("bearer", realm, "registry.test", SCOPE))
    with pytest.raises(Unavailable, match="realm"):
        await authorizer.header(ENDPOINT, SCOPE, Credentials())
    assert server.asked == []


async def test_a_registry_token_of_a_client_is_checked_too(authorizer: Authorizer) -> None:
    with pytest.raises(InvalidArgument, match="the registry token cannot be used"):
        await authorizer.header(ENDPOINT, SCOPE, Credentials(registry_token="a\r\nb"))


async def test_a_token_server_may_redirect_but_the_password_stays(authorizer: Authorizer, server: TokenServer) -> None:
    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\nConnection: close\r\n\r\n{"token":"t9"}')

    heads: list[bytes] = []
    async with served(elsewhere) as port:
        server.answer = (f"302 Found\r\nLocation: http://127.0.0.1:{port}/t", {})
        assert await authorizer.header(ENDPOINT, SCOPE, Credentials("user", "secret")) == "Bearer t9"
    assert server.asked[0][2].startswith("Basic ")
    assert b"uthorization" not in heads[0]


async def test_a_token_server_that_redirects_in_a_circle(authorizer: Authorizer, server: TokenServer) -> None:
    server.answer = (f"302 Found\r\nLocation: {server.realm}", {})
    with pytest.raises(Unavailable, match="stopped after 5 redirects"):
        await authorizer.header(ENDPOINT, SCOPE, Credentials())
    assert len(server.asked) == 5


async def test_tokens_of_many_repositories_do_not_pile_up(authorizer: Authorizer) -> None:
    for number in range(300):
        authorizer._remember(("realm", "service", f"repository:{number}:pull", Credentials()), "Bearer x", 1e12)
    assert len(authorizer._tokens) <= 256
