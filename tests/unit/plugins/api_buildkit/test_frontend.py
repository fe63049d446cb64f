"""Which requests are BuildKit's, and what is told to the others."""

import json
from pathlib import Path

import pytest

from plugins.api_buildkit.frontend import BuildkitFrontend
from plugins.api_buildkit.settings import ApiBuildkitSettings
from sdk.frontend import HTTP2_PATH


@pytest.fixture
def frontend(tmp_path: Path) -> BuildkitFrontend:
    return BuildkitFrontend(ApiBuildkitSettings(), tmp_path)


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("/grpc", True),
        ("/v1.47/grpc", True),
        ("/session", True),
        ("/v1.47/build", True),
        ("/build/cancel", True),
        (HTTP2_PATH, True),
        ("/grpc/", False),
        ("/builds", False),
        ("/build/prune", False),
        ("/vx/grpc", False),
        ("/v1.47/v1.47/grpc", False),
        ("/grpc\n", False),
        ("", False),
    ],
)
def test_exactly_these_paths_are_claimed(frontend: BuildkitFrontend, path: str, claimed: bool) -> None:
    assert frontend.claims(path) == (len(path) if claimed else 0)


@pytest.mark.parametrize(
    ("path", "query", "accepted"),
    [
        ("/build", "version=2", True),
        ("/v1.47/build", "t=a&version=2", True),
        ("/build", "version=1", False),
        ("/build", "version=22", False),
        ("/build", "", False),
        ("/build", "xversion=2", False),
        ("/build/cancel", "", True),
        ("/grpc", "", True),
    ],
)
def test_builds_of_another_version_are_left_to_others(frontend: BuildkitFrontend, path: str, query: str, accepted: bool) -> None:
    assert frontend.accepts(path, query) is accepted


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "headers", "status", "message"),
    [
        ("GET", [(b"upgrade", b"h2c")], 404, "page not found"),
        ("POST", [], 400, "no upgrade proto in request"),
        ("POST", [(b"Upgrade", b"websocket")], 400, "protocol websocket not supported"),
        ("POST", [(b"upgrade", b"\xff")], 400, "protocol \xff not supported"),
    ],
)
async def test_a_request_that_is_not_for_grpc_is_told_so(
    frontend: BuildkitFrontend, method: str, headers: list[tuple[bytes, bytes]], status: int, message: str
) -> None:
    told: list[dict[str, object]] = []

    async def send(item: dict[str, object]) -> None:
        told.append(item)

    async def receive() -> dict[str, object]:
        raise AssertionError("nothing is read")

    await frontend.build(None)({"path": "/grpc", "method": method, "headers": headers}, receive, send)
    assert told[0]["status"] == status
    assert message in json.loads(bytes(told[1]["body"]))["message"]
