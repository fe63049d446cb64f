"""The one table of statuses and codes (distribution-spec: "Error Codes")."""

import msgspec
from starlette.responses import Response

from sdk.errors import (
    Conflict,
    EngineError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthorized,
    Unavailable,
    Unsupported,
)

STATUS: dict[type[EngineError], tuple[int, str]] = {
    InvalidArgument: (400, "{}_INVALID"),
    Unauthorized: (401, "UNAUTHORIZED"),
    PermissionDenied: (403, "DENIED"),
    NotFound: (404, "{}_UNKNOWN"),
    Conflict: (409, "DENIED"),
    Unsupported: (405, "UNSUPPORTED"),
    Unavailable: (503, "TOOMANYREQUESTS"),
    ResourceExhausted: (507, "DENIED"),
    EngineError: (500, "UNKNOWN"),
}
"""Looked up along an error's ancestry, nearest first; `{}` is what the request was about: MANIFEST, BLOB, NAME and so on."""


class Refusal(Exception):
    """A request that is refused here, before the engine is asked."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def refused(error: EngineError, subject: str) -> Refusal:
    """Return an engine's error as this protocol tells it."""
    status, code = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return Refusal(status, code.format(subject), error.message)


def error_reply(refusal: Refusal) -> Response:
    """Return the reply to a refused request."""
    body = msgspec.json.encode({"errors": [{"code": refusal.code, "message": refusal.message, "detail": None}]})
    return Response(body, refusal.status, refusal.headers, media_type="application/json")
