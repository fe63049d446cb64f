"""Requests through the real server and the door: what authorizers see is what the application gets, and what is not allowed does not get there."""

import os
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec
import pytest

from core.daemon.authorization.shown import LARGEST
from sdk.drivers.authorizer import ApiRequest, Authorizer, Transport
from sdk.errors import InvalidArgument
from sdk.testing.authorization import RecordingAuthorizer
from tests.unit.core.daemon.authorization.guarded_app import Served, opened
from tests.unit.core.daemon.serving_app import HEAD, UPGRADE, read_until

pytestmark = pytest.mark.anyio

JSON = "Content-Type: application/json\r\n"


@pytest.fixture
async def served(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Served]:
    async with opened(tmp_path) as api:
        yield api


def message(answer: bytes) -> str:
    return msgspec.json.decode(answer)["message"]


async def test_who_asks_and_what_is_shown(served: Served) -> None:
    seen = RecordingAuthorizer()
    served.guard(seen)
    secrets = "X-Registry-Auth: c2VjcmV0\r\nAuthorization: Basic eDp5\r\nX-Registry-Config: e30=\r\n"
    assert (await served.ask("POST", "/v1.41/containers/%63reate?name=a%20b", b'{"a":1}', JSON + secrets + "X-A: 1\r\nX-A: 2\r\n"))[
        0
    ] == 200
    (request,) = seen.requests
    assert (request.method, request.path, request.version, request.query) == ("POST", "/containers/create", "1.41", "name=a%20b")
    assert request.target == "/v1.41/containers/%63reate?name=a%20b"
    assert request.body == b'{"a":1}' == served.app.bodies[0]
    assert [value for name, value in request.headers if name == "x-a"] == ["1", "2"]
    assert not {"x-registry-auth", "authorization", "x-registry-config"} & dict(request.headers).keys()
    assert (request.subject.transport, request.subject.uid) == (Transport.UNIX, os.getuid())


async def test_without_authorizers_the_application_is_asked_directly(served: Served) -> None:
    served.guard(RecordingAuthorizer({"/json": "no"}))
    served.guard()
    assert await served.ask("GET", "/json") == (200, b'{"a":1}')


async def test_a_denied_request_reaches_no_application(served: Served) -> None:
    first, second = RecordingAuthorizer(), RecordingAuthorizer({"/json": "not today"})
    served.guard(first, second, third := RecordingAuthorizer())
    status, answer = await served.ask("POST", "/v1.30/json", b"{}", JSON)
    assert (status, message(answer)) == (403, "authorization denied by plugin a2: not today")
    assert served.app.bodies == []
    assert (len(first.requests), len(second.requests), len(third.requests)) == (1, 1, 0)


class Failing(Authorizer):
    """Fails in one of the ways there are."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.gone_on = threading.Event()

    @property
    def deadline(self) -> float:
        return 0.05 if self.how.startswith("hangs") else 20

    async def authorize_request(self, request: ApiRequest) -> None:
        if self.how == "hangs":
            await anyio.sleep_forever()
        if self.how == "hangs in a thread":
            await anyio.to_thread.run_sync(self.gone_on.wait, 5)
            return None
        if self.how == "returns":
            return False
        raise {"raises": ValueError("secret path"), "exits": SystemExit(1), "says": InvalidArgument("the list is broken")}[self.how]


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("hangs", "no answer in time"),
        ("hangs in a thread", "no answer in time"),
        ("returns", "an unforeseen error, which the daemon has logged"),
        ("is no coroutine", "an unforeseen error, which the daemon has logged"),
        ("raises", "an unforeseen error, which the daemon has logged"),
        ("exits", "an unforeseen error, which the daemon has logged"),
        ("says", "the list is broken"),
    ],
)
async def test_an_authorizer_that_fails_refuses(served: Served, how: str, sentence: str) -> None:
    failing = Failing(how)
    if how == "is no coroutine":
        failing.authorize_request = lambda request: None
    served.guard(failing)
    status, answer = await served.ask("GET", "/json")
    assert (status, message(answer)) == (500, f"plugin a1 failed with error: {sentence}")
    assert served.app.bodies == []
    failing.gone_on.set()
    served.guard()
    assert (await served.ask("GET", "/json"))[0] == 200


# What is executed is what was shown -------------------------------------------------------------------------------------


def chunked(body: bytes) -> bytes:
    pieces = [body[place : place + 5] for place in range(0, len(body), 5)]
    return b"".join(f"{len(piece):x}".encode() + b"\r\n" + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"


async def test_a_body_in_chunks_is_shown_whole(served: Served) -> None:
    """CVE-2024-41110 and its kind: a body whose length no header tells."""
    served.guard(seen := RecordingAuthorizer())
    head = f"POST /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n"
    await served.raw(head.encode() + chunked(b'{"Privileged": true}'))
    assert seen.requests[0].body == b'{"Privileged": true}' == served.app.bodies[0]


async def test_what_follows_a_body_of_length_zero_is_a_request_of_its_own(served: Served) -> None:
    served.guard(seen := RecordingAuthorizer({"/denied": "no"}))
    second = b"POST /denied HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answers = await served.raw(f"POST /json HTTP/1.1\r\nHost: x\r\n{JSON}Content-Length: 0\r\n\r\n".encode() + second)
    assert [request.path for request in seen.requests] == ["/json", "/denied"]
    assert [request.body for request in seen.requests] == [b"", b""]
    assert served.app.bodies == [b""]
    assert b"403" in answers


@pytest.mark.parametrize(
    "framing", ["Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 0\r\nContent-Length: 20\r\n"]
)
async def test_a_body_whose_length_is_told_twice_is_executed_as_it_is_shown(served: Served, framing: str) -> None:
    served.guard(seen := RecordingAuthorizer())
    head = f"POST /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{JSON}{framing}\r\n"
    answer = await served.raw(head.encode() + chunked(b'{"Privileged": true}'))
    assert b" 400 " in answer
    assert served.app.bodies == [request.body for request in seen.requests] == []


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_that_is_too_large_to_be_shown_is_refused(served: Served, is_chunked: bool) -> None:
    """CVE-2026-34040: an oversized body was executed unseen."""
    served.guard(seen := RecordingAuthorizer())
    body = b'{"a":"' + b"x" * LARGEST + b'"}'
    length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(body)}"
    sent = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n" if is_chunked else body
    head = f"POST /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{JSON}{length}\r\n\r\n"
    answer = await served.raw(head.encode() + sent)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"request body too large for authorization plugin: size exceeds 4194304 bytes" in answer
    assert seen.requests == []
    assert served.app.bodies == []


async def test_the_largest_body_that_is_shown_is_executed(served: Served) -> None:
    served.guard(seen := RecordingAuthorizer())
    body = b'"' + b"x" * (LARGEST - 2) + b'"'
    assert (await served.ask("POST", "/json", body, JSON))[0] == 200
    assert seen.requests[0].body == body == served.app.bodies[0]


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Type: APPLICATION/JSON; charset=utf-8\r\n",
        "Content-Type:application/json;x\r\n",
        "Content-Type: application/x-tar\r\nContent-Type: application/json\r\n",
        "Content-Type: application/json\r\nContent-Type: application/x-tar\r\n",
        "Content-Type: application/vnd.oci.image.index.v1+json\r\n",
        "Content-Type: application/x-www-form-urlencoded; charset=x\r\n",
    ],
)
async def test_whichever_header_says_json_or_a_form_the_body_is_shown(served: Served, headers: str) -> None:
    served.guard(seen := RecordingAuthorizer())
    await served.ask("POST", "/json", b"fromImage=a", headers)
    assert seen.requests[0].body == b"fromImage=a" == served.app.bodies[0]


@pytest.mark.parametrize(
    ("target", "headers"), [("/json", "Content-Type: application/x-tar\r\n"), ("/json", ""), ("/v1.40/auth", JSON)]
)
async def test_archives_and_passwords_are_not_shown_and_pass(served: Served, target: str, headers: str) -> None:
    served.guard(seen := RecordingAuthorizer())
    large = b"x" * (LARGEST + 10)
    assert (await served.ask("POST", target, large, headers))[0] == 200
    assert seen.requests[0].body is None
    assert served.app.bodies == [large]


async def test_a_client_that_leaves_within_its_body_is_not_served(served: Served) -> None:
    served.guard(seen := RecordingAuthorizer())
    async with await anyio.connect_unix(served.path) as stream:
        await stream.send(f"POST /json HTTP/1.1\r\nHost: x\r\n{JSON}Content-Length: 20\r\n\r\n".encode() + b"{")
    assert (await served.ask("GET", "/json"))[0] == 200
    assert [request.method for request in seen.requests] == ["GET"]


# Responses --------------------------------------------------------------------------------------------------------------


async def test_a_response_is_shown_whole_before_it_is_sent(served: Served) -> None:
    served.guard(seen := RecordingAuthorizer(hidden={"/json": "secret"}))
    status, answer = await served.ask("GET", "/json")
    assert (status, message(answer)) == (403, "authorization denied by plugin a1: secret")
    (response,) = seen.responses
    assert (response.status, response.body, dict(response.headers)["content-type"]) == (200, b'{"a":1}', "application/json")
    seen.hidden.clear()
    assert await served.ask("GET", "/json") == (200, b'{"a":1}')


@pytest.mark.parametrize(("path", "body"), [("/stream", None), ("/nothing", b""), ("/plain", None), ("/auth", None)])
async def test_what_is_no_json_of_known_length_is_decided_by_its_head(served: Served, path: str, body: bytes | None) -> None:
    served.guard(seen := RecordingAuthorizer())
    before = await served.ask("GET", path)
    assert before[0] in (200, 204)
    assert seen.responses[0].body == body
    seen.hidden[path] = "no"
    assert message((await served.ask("GET", path))[1]) == "authorization denied by plugin a1: no"
    served.guard()
    assert await served.ask("GET", path) == before


async def test_a_stream_begins_at_once(served: Served) -> None:
    served.guard(RecordingAuthorizer())
    async with await anyio.connect_unix(served.path) as stream:
        await stream.send(b"GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in await read_until(stream, b"\r\n\r\n")
    await served.app.gone.wait()


async def test_hijacked_connections_flow_and_are_told_of_at_their_end(served: Served) -> None:
    served.guard(seen := RecordingAuthorizer())
    async with await anyio.connect_unix(served.path) as stream:
        await stream.send(b"POST /echo HTTP/1.1\r\n" + UPGRADE + JSON.encode() + b"Content-Length: 2\r\n\r\n{}hello")
        assert (await read_until(stream, b"hello")).startswith(HEAD)
        assert seen.responses == []
        await stream.send_eof()
        assert await read_until(stream, b"after-eof")
    assert seen.requests[0].body == b"{}"
    with anyio.fail_after(30):
        while not seen.responses:
            await anyio.sleep(0.01)
    assert [(response.status, response.body) for response in seen.responses] == [(101, None)]


async def test_connections_that_speak_another_protocol_are_asked_about_once(served: Served) -> None:
    served.guard(seen := RecordingAuthorizer({"*": "no HTTP/2"}))
    async with await anyio.connect_unix(served.path) as stream:
        await stream.send(b"POST /take HTTP/1.1\r\n" + UPGRADE + b"\r\nshout")
        assert await read_until(stream, b"SHOUT")
    answer = await served.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert b" 403 " in answer
    assert [(request.method, request.path) for request in seen.requests] == [("POST", "/take"), ("PRI", "*")]


async def test_other_authorizers_from_the_next_request_on(served: Served) -> None:
    async with await anyio.connect_unix(served.path) as stream:
        for denied, status in (({}, b" 200 "), ({"/json": "no"}, b" 403 "), ({}, b" 200 ")):
            authorizers: Mapping[str, Authorizer] = {"a": RecordingAuthorizer(denied)}
            served.door.guard(authorizers)
            await stream.send(b"GET /json HTTP/1.1\r\nHost: x\r\n\r\n")
            assert status in await read_until(stream, b"}")
