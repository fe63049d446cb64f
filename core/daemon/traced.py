"""Requests as traces: the first span of each that is traced."""

from collections.abc import Awaitable

from core.tracing import Tracer
from sdk.frontend import HTTP2_PATH, ASGIApp, Message, Receive, Scope, Send

_CHANGING = frozenset({"POST", "PUT", "DELETE"})


def traced(app: ASGIApp, tracer: Tracer) -> ASGIApp:
    """Return an application whose requests are traced: those that say so, and where traces are shipped all that may change something.

    A connection in HTTP/2 is no request, nor is one that is upgraded to it: its frontend traces what is on it.
    """

    def serve(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        header = _traceparent(scope)
        if (header or (tracer.ships and scope["method"] in _CHANGING)) and not _is_tunnel(scope):
            return _served(app, tracer, header, (scope, receive, send))
        return app(scope, receive, send)

    return serve


async def _served(app: ASGIApp, tracer: Tracer, header: str, call: tuple[Scope, Receive, Send]) -> None:
    scope, receive, send = call
    method, path = str(scope["method"]), str(scope["path"])
    if path == HTTP2_PATH:
        await app(scope, receive, send)
        return
    attributes: dict[str, str | int] = {"http.request.method": method, "url.path": path[:200]}

    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            attributes["http.response.status_code"] = int(str(message["status"]))
        await send(message)

    with tracer.request(method, header, attributes) as span:
        await app(scope, receive, watched)
        if span is not None and "http_route" in scope:
            attributes["http.route"] = route = str(scope["http_route"])
            span.name = f"{method} {route}"


def _traceparent(scope: Scope) -> str:
    headers = scope["headers"]
    assert isinstance(headers, list)
    for name, value in headers:
        if name == b"traceparent":
            return str(value, "latin-1")
    return ""


def _is_tunnel(scope: Scope) -> bool:
    """Tell whether a request makes its connection one of calls of its own, as BuildKit's clients do."""
    headers = scope["headers"]
    assert isinstance(headers, list)
    return any(name == b"upgrade" and value.lower() == b"h2c" for name, value in headers)
