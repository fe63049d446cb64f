"""The one table of statuses, and what clients read when something fails."""

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from plugins.api_docker.unforeseen import in_words
from sdk.errors import (
    BuildFailed,
    Conflict,
    DataLoss,
    DeadlineExceeded,
    DriverError,
    EngineError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    PortAllocated,
    ResourceExhausted,
    StartFailed,
    Unauthorized,
    Unavailable,
    Unsupported,
)

CLIENT_LEFT = 499
"""The status of a request whose client does not wait for the answer."""


class ClientLeft(EngineError):
    """The client closed the connection before its request had come whole."""

    def __init__(self) -> None:
        super().__init__("the client closed the connection")


STATUS: dict[type[EngineError], int] = {
    InvalidArgument: 400,
    Unauthorized: 401,
    PermissionDenied: 403,
    NotFound: 404,
    Conflict: 409,
    Unsupported: 501,
    Unavailable: 503,
    ResourceExhausted: 500,
    DataLoss: 500,
    DeadlineExceeded: 500,
    DriverError: 500,
    StartFailed: 500,
    BuildFailed: 500,
    PortAllocated: 500,
    ClientLeft: CLIENT_LEFT,
    EngineError: 500,
}
"""Looked up along an error's ancestry, nearest first."""

_WORDS = {
    "int_parsing": 'strconv.ParseInt: parsing "{1}": invalid syntax',
    "int_parsing_size": 'strconv.ParseInt: parsing "{1}": value out of range',
}
"""What Go says of a parameter of another type."""

_CANNOT_EXECUTE = (126, 127)


def status_of(error: EngineError) -> int:
    """Return the HTTP status of an error. A command that cannot be executed is the request's fault, as dockerd sees it."""
    if isinstance(error, StartFailed) and error.exit_code in _CANNOT_EXECUTE:
        return STATUS[InvalidArgument]
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def error_body(message: str) -> bytes:
    """Return Docker's error object."""
    return msgspec.json.encode({"message": message}) + b"\n"


def error_reply(status: int, message: str) -> Response:
    """Return a reply with Docker's error object; without a message it is empty."""
    if not message:
        return Response(status_code=status)
    return Response(error_body(message), status, media_type="application/json")


def is_foreseen(error: Exception) -> bool:
    """Tell whether an error is a way for a request to end; any other is a fault of the daemon, which its log must tell."""
    return isinstance(error, EngineError | RequestValidationError | ClientDisconnect)


def reply_to(error: Exception) -> Response:
    """Return the reply to a request that failed. No client reads the one to a client that left."""
    match error:
        case RequestValidationError():
            return error_reply(STATUS[InvalidArgument], _misfit(error))
        case ClientDisconnect():
            return Response(status_code=CLIENT_LEFT)
        case _:
            told = in_words(error)
            return error_reply(status_of(told), told.message)


def no_such_route() -> Response:
    """Return the reply to an unknown path or an unknown method, which are the same to Docker's clients."""
    return error_reply(STATUS[NotFound], "page not found")


def _misfit(error: RequestValidationError) -> str:
    first = error.errors()[0]
    return _WORDS.get(first["type"], "invalid value for {0}: {2}").format(first["loc"][-1], first.get("input"), first["msg"])
