"""Docker's API behind an authorizer: allowed requests, streams and connections are as without one, and clients show refusals."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.api_docker.settings import ApiDockerSettings
from sdk.testing.authorization import RecordingAuthorizer
from tests.api.conftest import NEEDS_DOCKER, Api, served
from tests.api.test_websocket import BINARY, attached


@pytest.fixture
def policy() -> RecordingAuthorizer:
    return RecordingAuthorizer()


@pytest.fixture
def api(tmp_path: Path, policy: RecordingAuthorizer) -> Iterator[Api]:
    with served(tmp_path, ApiDockerSettings(), policy) as running:
        yield running


def test_a_form_is_shown_as_it_is_executed(api: Api, policy: RecordingAuthorizer) -> None:
    """Its values count as the query's."""
    api.create("cat", name="box")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api.call("POST", "/containers/box/rename", b"name=other", form).status == 204
    assert (policy.requests[-1].path, policy.requests[-1].body) == ("/containers/box/rename", b"name=other")
    assert api.call("GET", "/containers/other/json").status == 200


def test_a_websocket_flows(api: Api, policy: RecordingAuthorizer) -> None:
    with attached(api) as client:
        client.send(BINARY, b"there and back")
        assert client.receive_bytes(14) == b"there and back"
    assert ("GET", "/containers/x/attach/ws") in [(request.method, request.path) for request in policy.requests]


def test_events_flow(api: Api) -> None:
    response = api.open("GET", "/events")
    api.create("cat", name="box")
    with response:
        assert json.loads(response.readline())["Action"] == "create"


def test_errors_are_reviewed_with_their_status(api: Api, policy: RecordingAuthorizer) -> None:
    reply = api.call("GET", "/containers/none/json")
    assert (reply.status, reply.message) == (404, "No such container: none")
    assert (policy.responses[-1].status, policy.responses[-1].body) == (404, reply.body)


@pytest.mark.parametrize("path", ["/auth", "/v1.44/auth"])
def test_passwords_are_shown_to_no_authorizer(api: Api, policy: RecordingAuthorizer, path: str) -> None:
    api.call("POST", path, {"username": "u", "password": "geheim", "serveraddress": "registry.example"})
    assert policy.requests[0].path == "/auth"
    assert (policy.requests[0].body, policy.responses[0].body) == (None, None)


@NEEDS_DOCKER
def test_the_client_shows_why_it_is_refused(api: Api, policy: RecordingAuthorizer) -> None:
    assert api.docker("run", "--rm", "-i", "busybox", "cat", stdin="through\n").stdout == "through\n"
    policy.denied["/containers/create"] = "read only"
    done = api.docker("create", "busybox")
    assert done.stderr.splitlines()[0] == "Error response from daemon: authorization denied by plugin policy: read only"
    policy.hidden["/version"] = "not to be told"
    assert "authorization denied by plugin policy: not to be told" in api.docker("version").stderr
