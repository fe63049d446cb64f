"""A daemon that was started as an experimental one (`--experimental`): told wherever clients look, and no sentence asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.api_docker.settings import ApiDockerSettings
from tests.api.conftest import NEEDS_DOCKER, Api, served


@pytest.fixture(params=[False, True])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Api, bool]]:
    with served(tmp_path, ApiDockerSettings(experimental=request.param)) as api:
        yield api, request.param


def test_clients_are_told_everywhere(either: tuple[Api, bool]) -> None:
    api, experimental = either
    word = str(experimental).lower()
    assert api.call("GET", "/_ping").headers["docker-experimental"] == word
    assert api.call("GET", "/info").json["ExperimentalBuild"] is experimental
    version = api.call("GET", "/version").json
    assert (version["Experimental"], version["Components"][0]["Details"]["Experimental"]) == (experimental, word)


@NEEDS_DOCKER
def test_the_stock_client_shows_it(either: tuple[Api, bool]) -> None:
    api, experimental = either
    assert api.docker("version", "--format", "{{.Server.Experimental}}").stdout == f"{str(experimental).lower()}\n"


@pytest.mark.parametrize("path", ["/build?squash=1", "/containers/missing/start?checkpoint=fine"])
def test_what_there_is_not_at_all_is_said_so(either: tuple[Api, bool], path: str) -> None:
    api, experimental = either
    reply = api.call("POST", path)
    assert reply.status == (501 if experimental else 400)
    assert ("not supported by this engine" if experimental else "only supported") in reply.message
