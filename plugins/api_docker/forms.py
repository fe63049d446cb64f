"""Form values: a POST body of urlencoded pairs counts as part of the query, as in Go's `ParseForm`."""

import re
from collections.abc import Awaitable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from plugins.api_docker.bodies import read_content
from plugins.api_docker.errors import error_reply, status_of
from sdk.errors import InvalidArgument
from sdk.frontend import replayed

_FORM = b"application/x-www-form-urlencoded"
_ARCHIVE = re.compile(r"/build|/images/load|/(?:containers|volumes)/.+/archive")
"""Paths whose body is an archive, whatever the client says about it; curl calls all it sends a form."""


class FormValues:
    """Moves an urlencoded body into the query string."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass on one request, without its form."""
        if scope["method"] == "POST" and _is_form(scope) and not _is_archive(scope):
            return self._moved(scope, receive, send)
        return self._app(scope, receive, send)

    async def _moved(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            form = await read_content(Request(scope, receive))
        except InvalidArgument as error:
            await error_reply(status_of(error), error.message)(scope, receive, send)
            return
        scope["query_string"] = b"&".join(part for part in (scope["query_string"], form.strip()) if part)
        await self._app(scope, replayed(b"", receive), send)


def _is_form(scope: Scope) -> bool:
    return any(name == b"content-type" and value.lower().startswith(_FORM) for name, value in scope["headers"])


def _is_archive(scope: Scope) -> bool:
    path = scope["path"]
    return bool(_ARCHIVE.fullmatch(path)) or (path == "/images/create" and b"fromSrc=" in scope["query_string"])
