"""The version before a path: taken off, or refused with the words that clients show."""

import json

import pytest
from starlette.types import Message, Receive, Scope, Send

from plugins.api_docker.versions import ApiVersion, Negotiation

pytestmark = pytest.mark.anyio


class Asked:
    """Notes what came through."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 204, "headers": [(b"x-own", b"1")]})
        await send({"type": "http.response.body", "body": b""})


async def ask(path: str, method: str = "GET", *, experimental: bool = False) -> tuple[int, str, dict[str, str], list[Scope]]:
    """Return status, message and headers of the reply, and what came through."""
    asked, told = Asked(), list[Message]()

    async def send(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    await Negotiation(asked, experimental=experimental)({"type": "http", "method": method, "path": path}, receive, send)
    body = b"".join(message.get("body", b"") for message in told[1:])
    headers = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return told[0]["status"], json.loads(body)["message"] if body.startswith(b"{") else body.decode(), headers, asked.scopes


@pytest.mark.parametrize(
    ("path", "inner", "version"),
    [
        ("/info", "/info", ApiVersion(1, 55)),
        ("/v1.22/info", "/info", ApiVersion(1, 22)),
        ("/v1.55/info", "/info", ApiVersion(1, 55)),
        ("/v1.41/", "/", ApiVersion(1, 41)),
        ("/v1.041/x", "/x", ApiVersion(1, 41)),
        ("/v1.41//x", "//x", ApiVersion(1, 41)),
        ("/volumes", "/volumes", ApiVersion(1, 55)),
        ("/v1.41", "/v1.41", ApiVersion(1, 55)),
        ("/v1.41/caf\u00e9", "/caf\u00e9", ApiVersion(1, 41)),
        ("/v1.41x/info", "/v1.41x/info", ApiVersion(1, 55)),
    ],
)
async def test_a_version_is_taken_off(path: str, inner: str, version: ApiVersion) -> None:
    status, _, headers, (scope,) = await ask(path)
    assert (status, scope["path"], scope["raw_path"], scope["api_version"]) == (204, inner, inner.encode(), version)
    assert (headers["api-version"], headers["x-own"], headers["ostype"]) == ("1.55", "1", "linux")


OLD = "client version {} is too old. Minimum supported API version is 1.22, please upgrade your client to a newer version"
NEW = "client version {} is too new. Maximum supported API version is 1.55"


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1.21", OLD),
        ("0.99", OLD),
        ("1.56", NEW),
        ("2.0", NEW),
        ("1.999999999", NEW),
        ("1", OLD),
        ("1.", OLD),
        (".1", OLD),
        ("1.4.1", OLD),
        ("..", OLD),
        ("1." + "9" * 5000, OLD),
    ],
)
async def test_a_version_that_is_not_served_is_refused(version: str, message: str) -> None:
    status, told, headers, scopes = await ask(f"/v{version}/info")
    assert (status, told, scopes) == (400, message.format(version), [])
    assert headers["api-version"] == "1.55"


async def test_options_are_answered_at_once_but_for_a_wrong_version() -> None:
    assert (await ask("/v1.41/none", "OPTIONS"))[0::3] == (200, [])
    assert (await ask("/v9.9/info", "OPTIONS"))[0] == 400


async def test_an_experimental_daemon_says_so() -> None:
    assert [(await ask("/info", experimental=on))[2]["docker-experimental"] for on in (True, False)] == ["true", "false"]


def test_versions_compare_as_numbers() -> None:
    assert ApiVersion(1, 9) < ApiVersion(1, 22) < ApiVersion(2, 0)
    assert str(ApiVersion(1, 9)) == "1.9"
