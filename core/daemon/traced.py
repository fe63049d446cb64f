"""Requests as traces: the first span of each that is traced."""

from collections.abc import Awaitable

from core.tracing import Tracer
from sdk.frontend import HTTP2_PATH, ASGIApp, Message, Receive, Scope, Send, header

_CHANGING = frozenset({"POST", "PUT", "DELETE"})


def traced(app: ASGIApp, tracer: Tracer) -> ASGIApp:
    """Return an application whose requests are traced: those that say so, and where traces are shipped all that may change something.

    A connection in HTTP/2 is no request, nor is one that is upgraded to it: its frontend traces what is on it.
    """

    def serve(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        given = header(scope, b"traceparent")
        if (given or (tracer.ships and scope["method"] in _CHANGING)) and not _is_connection(scope):
            return _served(app, tracer, given, (scope, receive, send))
        return app(scope, receive, send)

    return serve


async def _served(app: ASGIApp, tracer: Tracer, given: str, call: tuple[Scope, Receive, Send]) -> None:
    scope, receive, send = call
    method, path = str(scope["method"]), str(scope["path"])
    attributes: dict[str, str | int] = {"http.request.method": method, "url.path": path[:200]}

    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            attributes["http.response.status_code"] = int(str(message["status"]))
        await send(message)

    with tracer.request(method, given, attributes) as span:
        await app(scope, receive, watched)
        if span is not None and "http_route" in scope:
            attributes["http.route"] = route = str(scope["http_route"])
            span.name = f"{method} {route}"


def _is_connection(scope: Scope) -> bool:
    """Tell whether a scope is a connection in HTTP/2, from its beginning or by an upgrade as BuildKit's clients have it."""
    headers = scope["headers"]
    assert isinstance(headers, list)
    return scope["path"] == HTTP2_PATH or any(name == b"upgrade" and value.lower() == b"h2c" for name, value in headers)
