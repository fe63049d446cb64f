"""Bodies of every content type are answered, whatever the route (moby's TestPluginInvalidJSON and its neighbours, in our own words)."""

import json
import socket

import pytest

from plugins.api_docker.app import ROUTERS
from tests.api.conftest import Api

FORM = "application/x-www-form-urlencoded"
ROUTES = sorted(
    {
        (
            method,
            route.path.replace("{name:path}", "x")
            .replace("{exec_id}", "e")
            .replace("{operation:path}", "o")
            .replace("{rest:path}", "r"),
        )
        for router in ROUTERS
        for route in router.routes
        for method in route.methods
        if method in ("POST", "PUT", "DELETE")
    }
)
JSON_ROUTES = [
    "/containers/create",
    "/containers/x/update",
    "/containers/x/exec",
    "/exec/e/start",
    "/networks/create",
    "/networks/x/connect",
    "/networks/x/disconnect",
    "/volumes/create",
    "/commit?container=x",
    "/auth",
    "/plugins/pull",
    "/plugins/x/set",
    "/plugins/x/upgrade",
]


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "text/plain", "application/json", "", "\xe9/;", "\x7f"])
def test_a_body_of_any_type_is_answered(api: Api, kind: str) -> None:
    for method, path in ROUTES:
        api.create("cat", name="x")
        response = api.open(method, path, b'{"Image":"busybox"}', {"Content-Type": kind})
        assert response.status != 500, (method, path)
        response.close()
        assert api.call("GET", "/_ping").status == 200
        for container in api.call("GET", "/containers/json?all=1").json:
            api.call("DELETE", f"/containers/{container['Id']}?force=1")


@pytest.mark.parametrize("kind", [FORM, "text/plain", "application/octet-stream", "application/jsonp"])
@pytest.mark.parametrize("path", JSON_ROUTES)
def test_other_types_than_json_are_refused(api: Api, path: str, kind: str) -> None:
    for body in (b'{"Image":"busybox"}', b""):
        reply = api.call("POST", path, body, {"Content-Type": kind})
        assert (reply.status, reply.message) == (400, f"unsupported Content-Type header ({kind}): must be 'application/json'")


@pytest.mark.parametrize("path", JSON_ROUTES)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{invalid json", "invalid JSON: invalid character 'i' looking for beginning of object key string"),
        (b"{} trailing content", "unexpected content after JSON"),
        (b"[" * 2000, "invalid JSON: exceeded max depth"),
        (b" " * (5 << 20), "http: request body too large: the limit is 4 MiB"),
    ],
)
def test_malformed_json_is_refused(api: Api, path: str, body: bytes, words: str) -> None:
    reply = api.call("POST", path, body, {"Content-Type": "application/json"})
    assert (reply.status, reply.message) == (400, words)


@pytest.mark.parametrize("path", JSON_ROUTES)
def test_no_body_is_no_failure_of_the_server(api: Api, path: str) -> None:
    assert api.call("POST", path, b"", {"Content-Type": "application/json"}).status < 500


@pytest.mark.parametrize("path", ["/images/load", "/images/create?fromSrc=-&repo=mine"])
def test_archives_are_taken_whatever_their_type(api: Api, path: str) -> None:
    assert api.call("POST", path, b"tar", {"Content-Type": FORM}).status == 200


def test_a_form_that_is_too_large_is_refused(api: Api) -> None:
    reply = api.call("POST", "/containers/x/rename", b"name=" + b"y" * (5 << 20), {"Content-Type": FORM})
    assert (reply.status, reply.message) == (400, "http: request body too large: the limit is 4 MiB")


def test_an_endless_body_is_refused_at_its_limit(api: Api) -> None:
    with api.raw() as client:
        client.sendall(
            b"POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        for _ in range(80):
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while data := client.recv(65536):
            answer += data
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"].startswith("http: request body too large")
