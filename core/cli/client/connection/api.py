"""Requests to the Docker API: plain ones, streams, and connections taken over for attach and exec."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn, TypeVar

import httpx
import msgspec

from core.cli.client.connection.endpoint import Endpoint, find_endpoint
from core.cli.client.connection.wire import Wire
from sdk.text import UNREADABLE, unreadable_reason

T = TypeVar("T")
Query = Mapping[str, str]
_NO_LIMIT = httpx.Timeout(None, connect=10)
_OK = 400
_HEAD_LIMIT = 64 << 10
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})\b")

chosen_host: ContextVar[str] = ContextVar("chosen_host", default="")
"""What `--host` says on this command line."""

traceparent: ContextVar[str] = ContextVar("traceparent", default="")
"""The header of requests that the daemon shall trace (W3C Trace Context); "" for none. Connections that are taken over have none."""


class ApiError(Exception):
    """The daemon refused; `status` is its HTTP status, 0 if it could not be reached."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class _Message(msgspec.Struct):
    message: str = ""


class Hijacked:
    """A connection that carries raw bytes both ways after its request. `early` came together with the reply's head."""

    def __init__(self, wire: Wire, early: bytes) -> None:
        self.wire = wire
        self.early = early


class Api:
    """One daemon. Every method raises ApiError with the daemon's sentence."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = httpx.Client(transport=endpoint.transport(), base_url=endpoint.base_url, timeout=_NO_LIMIT)

    def call(self, method: str, path: str, query: Query | None = None, body: object = None, headers: Query | None = None) -> bytes:
        """Make a request with a JSON body and return the reply's body."""
        with self.stream(method, path, query, body, headers) as reply:
            return reply.read()

    def answer(self, method: str, path: str, kind: type[T], query: Query | None = None, body: object = None) -> T:
        """Make a request with a JSON body and return what it answers, as a type."""
        return decoded(self.call(method, path, query, body), kind, path)

    def get(self, path: str, kind: type[T], query: Query | None = None) -> T:
        """Return what a path answers, as a type."""
        return self.answer("GET", path, kind, query)

    def post(self, path: str, query: Query | None = None, body: object = None) -> bytes:
        """POST and return the reply's body."""
        return self.call("POST", path, query, body)

    def delete(self, path: str, query: Query | None = None) -> bytes:
        """DELETE and return the reply's body."""
        return self.call("DELETE", path, query)

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: object = None,
        headers: Query | None = None,
        content: Iterator[bytes] | None = None,
    ) -> Iterator[httpx.Response]:
        """Make a request; the reply's head is there on entry, its body is read as it comes."""
        encoded = msgspec.json.encode(body) if body is not None else None
        head = {**(headers or {}), **({"Content-Type": "application/json"} if body is not None else {})}
        if parent := traceparent.get():
            head["traceparent"] = parent
        try:
            with self._client.stream(method, path, params=query, content=content or encoded, headers=head) as reply:
                if reply.status_code >= _OK:
                    raise _refusal(reply.status_code, reply.read())
                yield reply
        except httpx.ConnectError as error:
            self._unreachable(error)
        except httpx.TransportError as error:
            raise ApiError(0, f"the connection to the daemon broke: {error}") from error

    def hijack(self, path: str, query: Query | None = None, body: object = None) -> Hijacked:
        """POST and take the connection over."""
        encoded = msgspec.json.encode(body) if body is not None else b""
        target = str(httpx.URL(path, params=query or {}))
        head = (
            f"POST {target} HTTP/1.1\r\nHost: core\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(encoded)}\r\n\r\n"
        )
        try:
            wire = self._endpoint.connect()
        except OSError as error:
            self._unreachable(error)
        try:
            wire.send(head.encode() + encoded)
        except OSError as error:
            wire.close()
            raise ApiError(0, f"the connection to the daemon broke: {error.strerror}") from error
        return _taken_over(wire)

    def _unreachable(self, error: Exception) -> NoReturn:
        hint = "no permission to use it" if "Permission denied" in str(error) else "is it running? Start it with: core serve"
        raise ApiError(0, f"cannot connect to the daemon at {self._endpoint.url}: {hint}") from error


def decoded(content: bytes | str, kind: type[T], source: str) -> T:
    """Return an answer, or a line of one, as a type; `source` is the path that was asked. Raises ApiError for what is none."""
    try:
        return msgspec.json.decode(content, type=kind)
    except UNREADABLE as error:
        raise ApiError(0, f"the answer to {source} is none of a daemon: {unreadable_reason(error)}") from error


def connect() -> Api:
    """Return the daemon this command line is about. Raises BadHost."""
    return Api(find_endpoint(chosen_host.get()))


def _taken_over(wire: Wire) -> Hijacked:
    received = b""
    while b"\r\n\r\n" not in received and len(received) < _HEAD_LIMIT:
        chunk = wire.receive()
        if not chunk:
            break
        received += chunk
    head, _, early = received.partition(b"\r\n\r\n")
    match = _STATUS.match(head)
    status = int(match[1]) if match else 0
    if status in (101, 200):
        return Hijacked(wire, early)
    while not early.endswith(b"}\n") and (chunk := wire.receive()):
        early += chunk
    wire.close()
    raise _refusal(status, early[max(early.find(b"{"), 0) :])


def _refusal(status: int, body: bytes) -> ApiError:
    try:
        message = msgspec.json.decode(body, type=_Message).message
    except UNREADABLE:
        message = body.decode(errors="replace").strip()
    return ApiError(status, message or f"the daemon answered {status}")
