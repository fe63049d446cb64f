"""Versions, identity and unknown routes (docker-engine API: every reply)."""

import pytest

from tests.api.conftest import Api


@pytest.mark.parametrize("path", ["/_ping", "/v1.22/_ping", "/v1.51/_ping", "/v1.41/containers/json", "/nowhere", "/v1.99/info"])
def test_every_reply_tells_who_answers(api: Api, path: str) -> None:
    headers = api.call("GET", path).headers
    assert headers["api-version"] == "1.55"
    assert headers["ostype"] == "linux"
    assert headers["docker-experimental"] == "false"
    assert headers["server"].startswith("Docker/")
    assert headers["server"].endswith(" (linux)")


def test_ping_is_what_clients_negotiate_by(api: Api) -> None:
    reply = api.call("GET", "/_ping")
    assert (reply.status, reply.body) == (200, b"OK")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["builder-version"] == "2"
    assert reply.headers["swarm"] == "inactive"
    assert reply.headers["cache-control"] == "no-cache, no-store, must-revalidate"
    head = api.call("HEAD", "/_ping")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "0")
    assert head.headers["builder-version"] == "2"


def test_a_client_too_old_is_told_so(api: Api) -> None:
    reply = api.call("GET", "/v1.21/info")
    assert reply.status == 400
    assert reply.message == (
        "client version 1.21 is too old. Minimum supported API version is 1.22, please upgrade your client to a newer version"
    )


def test_a_client_too_new_is_told_so(api: Api) -> None:
    reply = api.call("GET", "/v1.99/info")
    assert (reply.status, reply.message) == (400, "client version 1.99 is too new. Maximum supported API version is 1.55")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("PUT", "/info"), ("POST", "/containers/json"), ("GET", "/v1.41/"), ("PATCH", "/v1.41/containers/x")],
)
def test_unknown_paths_and_methods_are_the_same_404(api: Api, method: str, path: str) -> None:
    reply = api.call(method, path)
    assert (reply.status, reply.message) == (404, "page not found")


@pytest.mark.parametrize("path", ["/info", "/v1.41/containers/json", "/nowhere"])
def test_options_is_always_welcome(api: Api, path: str) -> None:
    reply = api.call("OPTIONS", path)
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize("path", ["/swarm", "/nodes", "/services/x", "/tasks", "/secrets/a/update", "/configs"])
def test_swarm_is_refused_in_dockerds_words(api: Api, path: str) -> None:
    reply = api.call("GET", path)
    assert reply.status == 503
    assert reply.message.startswith("This node is not a swarm manager.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/swarm/init"),
        ("GET", "/containers/x/checkpoints"),
        ("POST", "/plugins/pull?remote=x"),
    ],
)
def test_what_is_not_there_is_refused_in_words(api: Api, method: str, path: str) -> None:
    reply = api.call(method, path)
    assert reply.status == 501
    assert len(reply.message) > 20


def test_a_connection_serves_many_requests(api: Api) -> None:
    with api.raw() as client:
        for path in (b"/_ping", b"/nowhere", b"/v1.21/info"):
            client.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: docker\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 ")


def test_what_nobody_foresaw_is_a_500_with_its_text(api: Api) -> None:
    async def broken() -> None:
        raise RuntimeError("the disk is on fire")

    api.engine.system.info = broken
    reply = api.call("GET", "/info")
    assert (reply.status, reply.message) == (500, "internal error: the daemon's log says more")
    assert reply.headers["api-version"] == "1.55"
    assert api.call("GET", "/_ping").status == 200


def test_a_number_is_read_as_dockerd_reads_it(api: Api) -> None:
    reply = api.call("GET", "/containers/json?limit=many")
    assert (reply.status, reply.message) == (400, 'strconv.Atoi: parsing "many": invalid syntax')


@pytest.mark.parametrize("version", ["9" * 5000, "1." + "9" * 5000, "1.", ".1", "1.2.3"])
def test_what_is_no_version_is_refused(api: Api, version: str) -> None:
    assert api.call("GET", f"/v{version}/version").status == 400
