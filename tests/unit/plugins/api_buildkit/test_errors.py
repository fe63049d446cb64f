"""Errors as gRPC has them, with the line of the Dockerfile."""

import base64
import json

import pytest
from grpclib.const import Status

from plugins.api_buildkit.errors import Detail, DetailsCodec, as_grpc
from sdk.errors import BuildFailed, Conflict, EngineError, NoSuchImage, PermissionDenied, Unauthorized, Unsupported


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoSuchImage("x"), Status.NOT_FOUND),
        (Unauthorized("x"), Status.UNAUTHENTICATED),
        (PermissionDenied("x"), Status.PERMISSION_DENIED),
        (Unsupported("x"), Status.UNIMPLEMENTED),
        (Conflict("x"), Status.UNKNOWN),
        (BuildFailed("x"), Status.UNKNOWN),
        (EngineError("x"), Status.UNKNOWN),
    ],
)
def test_an_error_is_told_by_its_nearest_kind(error: EngineError, status: Status) -> None:
    told = as_grpc(error)
    assert (told.status, told.message, told.details) == (status, error.message, None)


def test_a_failure_shows_its_line_and_its_vertex() -> None:
    failure = BuildFailed("x", file="F", line=3)
    failure.vertex = "sha256:1"
    details = as_grpc(failure, b"FROM \xff").details
    assert [detail.type_url for detail in details] == [
        "github.com/moby/buildkit/errdefs.Source+json",
        "github.com/moby/buildkit/errdefs.Vertex+json",
    ]
    source, vertex = (json.loads(detail.value) for detail in details)
    assert source == {
        "info": {"filename": "F", "data": base64.b64encode(b"FROM \xff").decode()},
        "ranges": [{"start": {"line": 3}, "end": {"line": 3}}],
    }
    assert vertex == {"digest": "sha256:1"}


@pytest.mark.parametrize(("failure", "dockerfile"), [(BuildFailed("x"), b"FROM a"), (BuildFailed("x", line=3), b"")])
def test_without_a_line_or_a_file_nothing_is_shown(failure: BuildFailed, dockerfile: bytes) -> None:
    assert as_grpc(failure, dockerfile).details is None


def test_details_travel_both_ways() -> None:
    details = (Detail("a", b"1"), Detail("b", b"\xff"))
    encoded = DetailsCodec().encode(Status.UNKNOWN, None, details)
    assert DetailsCodec().decode(Status.UNKNOWN, None, encoded) == details


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x7f", b"text"])
def test_details_that_cannot_be_read_do_not_hide_the_status(data: bytes) -> None:
    """A client whose refusal had such details ended its build in a library's words."""
    assert DetailsCodec().decode(Status.NOT_FOUND, "no such secret", data) == ()
