"""What comes with a build itself: logins and a body."""

import base64
import json

import pytest

from plugins.api_buildkit.posted_context import body_of, logins_of
from sdk.drivers.registry import Credentials

AUTH = base64.b64encode(b"user:pass:word").decode()


def header(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    ("login", "credentials"),
    [
        ({"username": "u", "password": "p"}, Credentials("u", "p")),
        ({"auth": AUTH}, Credentials("user", "pass:word")),
        ({"auth": AUTH, "username": "u"}, Credentials("u", "")),
        ({"identitytoken": "t", "serveraddress": "r"}, Credentials("", "", "t", "", "r")),
        ({"registrytoken": "t", "email": None, "username": None}, Credentials("", "", "", "t")),
        ({}, Credentials()),
    ],
)
def test_a_login_is_read(login: object, credentials: Credentials) -> None:
    assert logins_of(header({"r": login})) == {"r": credentials}
    assert logins_of(header({"r": login}).rstrip("=")) == {"r": credentials}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "\u2603",
        header([]),
        header({"r": None}),
        header({"r": {"auth": "/w=="}}),
        header({"r": {"username": 5}}),
        base64.b64encode(b'{"r":{"username":"\xff"}}').decode(),
        base64.b64encode(b'{"r":{"x":' + b"[" * 20_000).decode(),
    ],
)
def test_what_cannot_be_read_is_ignored(text: str) -> None:
    """A value nested deeply was answered in Python's words."""
    assert logins_of(text) == {}


@pytest.mark.anyio
async def test_a_body_is_passed_on_piece_by_piece() -> None:
    pieces = iter([(b"a", True), (b"", True), (b"b", False)])

    async def receive() -> dict[str, object]:
        body, more = next(pieces)
        return {"type": "http.request", "body": body, "more_body": more}

    assert [piece async for piece in body_of(receive)] == [b"a", b"b"]


@pytest.mark.anyio
async def test_a_client_that_leaves_in_the_middle_is_noticed() -> None:
    messages = iter([{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> dict[str, object]:
        return dict(next(messages))

    with pytest.raises(ConnectionError, match="in the middle of its request"):
        _ = [piece async for piece in body_of(receive)]
