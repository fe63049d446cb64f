"""The first span of a request; and the traces as JSON."""

from typing import Any

import pytest

from core.daemon.traced import traced
from core.tracing import Tracer
from sdk.frontend import HTTP2_PATH, ASGIApp, Receive, Scope, Send, reply
from sdk.tracing import is_traced, step

pytestmark = pytest.mark.anyio

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADER = [(b"traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode())]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    with step("work"):
        if scope["path"] != HTTP2_PATH:
            scope["http_route"] = "/things/{name}"
        if scope["path"] == "/things/bad":
            raise ValueError("bad")
        await reply(send, 200, b"yes" if is_traced() else b"no")


async def ask(served: ASGIApp, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    await served({"method": method, "path": path, "headers": headers}, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_a_request_that_asks_for_it_is_traced() -> None:
    tracer = Tracer()
    served = traced(app, tracer)
    assert await ask(served, "POST", "/things/one", [(b"host", b"x")]) == (200, b"no")
    assert await ask(served, "PRI", HTTP2_PATH, HEADER) == (200, b"no")
    assert tracer.traces() == []
    assert await ask(served, "GET", "/things/one", [(b"host", b"x"), *HEADER]) == (200, b"yes")
    (trace,) = tracer.traces()
    work, request = trace.spans
    assert (work.name, request.name) == ("work", "GET /things/{name}")
    assert request.attributes == {
        "http.request.method": "GET",
        "url.path": "/things/one",
        "http.response.status_code": 200,
        "http.route": "/things/{name}",
    }


async def test_where_traces_are_shipped_what_only_reads_is_not_traced() -> None:
    served = traced(app, Tracer([lambda _spans: None]))
    asked = [(await ask(served, method, "/things/one", []))[1] for method in ("GET", "HEAD", "POST", "PUT", "DELETE")]
    assert asked == [b"no", b"no", b"yes", b"yes", b"yes"]
    assert (await ask(served, "POST", "/grpc", [(b"connection", b"upgrade"), (b"upgrade", b"h2c")]))[1] == b"no"


@pytest.mark.parametrize("protocol", [b"h2c", b"H2C"])
@pytest.mark.parametrize("tracer", [Tracer(), Tracer([lambda _spans: None])], ids=["asked for", "shipped"])
async def test_a_connection_that_is_upgraded_is_no_request_whatever_it_says(tracer: Tracer, protocol: bytes) -> None:
    upgrade = [(b"connection", b"upgrade"), (b"upgrade", protocol), *HEADER]
    assert (await ask(traced(app, tracer), "POST", "/session", upgrade))[1] == b"no"
    assert tracer.traces() == []


async def test_the_path_that_is_kept_is_bounded_and_what_is_raised_is_told() -> None:
    tracer = Tracer()
    await ask(traced(app, tracer), "GET", f"/{'x' * 5000}", HEADER)
    with pytest.raises(ValueError, match="bad"):
        await ask(traced(app, tracer), "GET", "/things/bad", HEADER)
    (trace,) = tracer.traces()
    requests = [span for span in trace.spans if span.name.startswith("GET")]
    assert len(str(requests[0].attributes["url.path"])) == 200
    assert [span.error for span in requests] == ["", "ValueError: bad"]
