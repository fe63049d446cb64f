"""Form values: a POST body of urlencoded pairs counts as part of the query, as in Go's `ParseForm`."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

_FORM = b"application/x-www-form-urlencoded"


class FormValues:
    """Moves an urlencoded body into the query string."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, without its form."""
        if scope["method"] == "POST" and _is_form(scope):
            form = await Request(scope, receive).body()
            scope["query_string"] = b"&".join(part for part in (scope["query_string"], form.strip()) if part)
            scope["headers"] = [
                (name, value) for name, value in scope["headers"] if name not in (b"content-type", b"content-length")
            ]
        await self._app(scope, receive, send)


def _is_form(scope: Scope) -> bool:
    return any(name == b"content-type" and value.lower().startswith(_FORM) for name, value in scope["headers"])
