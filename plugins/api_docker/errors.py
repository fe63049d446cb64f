"""The one table of statuses, and what clients read when something fails."""

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
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


def install_handlers(app: FastAPI) -> None:
    """Make the application answer every failure with Docker's error object."""
    app.add_exception_handler(EngineError, _engine_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _no_such_route)
    app.add_exception_handler(ClientDisconnect, _client_left)
    app.add_exception_handler(Exception, _unforeseen)


async def _engine_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, EngineError)
    return error_reply(status_of(error), error.message)


async def _invalid_request(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return error_reply(
        STATUS[InvalidArgument],
        _WORDS.get(first["type"], "invalid value for {0}: {2}").format(first["loc"][-1], first.get("input"), first["msg"]),
    )


async def _no_such_route(request: Request, error: Exception) -> Response:
    """An unknown path and an unknown method are the same to Docker's clients."""
    del request, error
    return error_reply(STATUS[NotFound], "page not found")


async def _client_left(request: Request, error: Exception) -> Response:
    """No client reads this."""
    del request, error
    return Response(status_code=CLIENT_LEFT)


async def _unforeseen(request: Request, error: Exception) -> Response:
    del request
    told = in_words(error)
    return error_reply(status_of(told), told.message)
