"""Urlencoded bodies count as part of the query, archives do not."""

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from plugins.api_docker.forms import FormValues

pytestmark = pytest.mark.anyio

FORM = "application/x-www-form-urlencoded"


async def ask(path: str, query: bytes, body: bytes, kind: str = FORM, method: str = "POST") -> tuple[dict[str, str], bytes]:
    """Return what the application sees as query and as body."""
    seen: list[tuple[dict[str, str], bytes]] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        del send
        request = Request(scope, receive)
        seen.append((dict(request.query_params), await request.body()))
        assert (await receive())["type"] == "http.disconnect"

    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        raise AssertionError(message)

    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
    await FormValues(application)(scope, receive, send)
    (result,) = seen
    return result


@pytest.mark.parametrize(
    ("query", "body", "values"),
    [
        (b"", b"a=1", {"a": "1"}),
        (b"a=1", b"b=2&c=3\r\n", {"a": "1", "b": "2", "c": "3"}),
        (b"a=1", b"", {"a": "1"}),
        (b"a=1", b"a=2", {"a": "2"}),
    ],
)
async def test_a_form_moves_into_the_query(query: bytes, body: bytes, values: dict[str, str]) -> None:
    assert await ask("/containers/create", query, body) == (values, b"")
    assert await ask("/containers/create", query, body, f"{FORM}; charset=utf-8") == (values, b"")
    assert await ask("/containers/create", query, body, FORM.upper()) == (values, b"")


@pytest.mark.parametrize("path", ["/build", "/images/load", "/containers/a/b/archive", "/volumes/v/archive"])
async def test_an_archive_is_one_whatever_curl_says(path: str) -> None:
    assert await ask(path, b"a=1", b"b=2") == ({"a": "1"}, b"b=2")


@pytest.mark.parametrize(
    ("path", "query", "moves"),
    [
        ("/images/create", b"fromSrc=-", False),
        ("/images/create", b"fromImage=busybox", True),
        ("/build/prune", b"", True),
        ("/containers/archive", b"", True),
        ("/build/", b"", True),
    ],
)
async def test_paths_beside_those_of_archives_take_forms(path: str, query: bytes, moves: bool) -> None:
    values, body = await ask(path, query, b"b=2")
    assert ("b" in values, body) == (moves, b"" if moves else b"b=2")


@pytest.mark.parametrize(("kind", "method"), [("application/json", "POST"), ("", "POST"), (FORM, "PUT"), (FORM, "GET")])
async def test_other_bodies_stay(kind: str, method: str) -> None:
    assert await ask("/containers/create", b"", b"b=2", kind, method) == ({}, b"b=2")
