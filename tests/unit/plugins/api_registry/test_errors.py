"""Statuses and codes of refusals."""

import json

import pytest

from plugins.api_registry.errors import Refusal, error_reply, refused
from sdk.errors import Conflict, EngineError, InvalidArgument, NoSuchImage, ResourceExhausted, Unavailable, Unsupported


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidArgument("x"), 400, "BLOB_INVALID"),
        (NoSuchImage("x"), 404, "BLOB_UNKNOWN"),
        (Conflict("x"), 409, "DENIED"),
        (Unsupported("x"), 405, "UNSUPPORTED"),
        (Unavailable("x"), 503, "TOOMANYREQUESTS"),
        (ResourceExhausted("x"), 507, "DENIED"),
        (EngineError("x"), 500, "UNKNOWN"),
    ],
)
def test_an_error_is_told_by_its_nearest_kind(error: EngineError, status: int, code: str) -> None:
    refusal = refused(error, "BLOB")
    assert (refusal.status, refusal.code, refusal.message) == (status, code, error.message)


def test_a_refusal_is_a_list_of_one_error() -> None:
    reply = error_reply(Refusal(416, "SIZE_INVALID", "no such part", {"Content-Range": "bytes */1"}))
    assert (reply.status_code, reply.headers["content-range"]) == (416, "bytes */1")
    assert json.loads(bytes(reply.body)) == {"errors": [{"code": "SIZE_INVALID", "message": "no such part", "detail": None}]}
