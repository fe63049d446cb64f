"""API frontends: an ASGI application made from an engine."""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Protocol

import msgspec

from sdk.engine import Engine

Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]

HTTP2_METHOD, HTTP2_PATH = "PRI", "*"
"""What the preface of an HTTP/2 connection reads as (RFC 9113 section 3.4). A frontend that claims this path gets such connections."""

_VERSIONED = re.compile(r"/v([0-9]+\.[0-9]+)(/.*)", re.DOTALL)

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def split_version(path: str) -> tuple[str, str]:
    """Return the API version at the beginning of a path ("" without one) and the rest: `/v1.41/info` is 1.41 and `/info`.

    Policies about requests read paths so: a frontend that serves another spelling of the same path is not guarded by them.
    """
    match = _VERSIONED.fullmatch(path)
    return (match[1], match[2]) if match else ("", path)


def header(scope: Scope, name: bytes) -> str:
    """Return the first header of a request with this name, which is lower case as in all scopes of ASGI; "" without one."""
    headers = scope["headers"]
    assert isinstance(headers, list)
    for key, value in headers:  # written out: some are asked for with every request
        if key == name:
            return str(value, "latin-1")
    return ""


async def reply(send: Send, status: int, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send a whole response; its length is told beside the headers."""
    told = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, status: int, message: str) -> None:
    """Answer with the error object that Docker's clients show."""
    await reply(send, status, msgspec.json.encode({"message": message}) + b"\n", [(b"content-type", b"application/json")])


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, and then what else happens."""
    is_given = False

    async def rest() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return rest


class HijackedStream(Protocol):
    """The raw connection after an HTTP upgrade: full duplex, with half-close and back-pressure.

    The daemon's server puts `hijack` into `scope["extensions"]`: a callable that takes the response head as bytes and returns
    this stream. `takeover` there hands the transport to another asyncio protocol. For a connection that begins with HTTP/2 its head is
    b"", and the protocol is fed the preface as well.
    """

    async def read(self) -> bytes:
        """Return what arrived, then b"" once after the client closed its write side, which ends nothing else.

        Called again after that, it waits until the connection is lost. Raises ConnectionError when it is.
        """

    async def write(self, data: bytes) -> None:
        """Write and wait while the client is slow. Raises ConnectionError when it is gone."""

    def write_eof(self) -> None:
        """Close our write side."""

    def close(self) -> None:
        """Close the connection after what was written is flushed."""

    @property
    def closed(self) -> bool:
        """Whether the connection is lost (not merely half-closed)."""


class ApiFrontend(ABC):
    """One wire protocol over the engine.

    Requests on the daemon's listeners pass the authorizers first; those on an address that a frontend opens itself do not.
    """

    @property
    def prefix(self) -> str:
        """The path prefix this frontend serves on the daemon's listeners."""
        return "/"

    def claims(self, path: str) -> int:
        """Return how much of a request's path this frontend claims, in characters; 0 if it is not for it. The longest claim wins.

        The default claims `prefix` for what lies below it.
        """
        prefix = self.prefix
        return len(prefix) if path == prefix or path.startswith(prefix.rstrip("/") + "/") else 0

    def accepts(self, path: str, query: str) -> bool:
        """Tell whether a request whose path is claimed is for this frontend; if not, it goes to the next claim. `query` is undecoded."""
        del path, query
        return True

    @abstractmethod
    def build(self, engine: Engine) -> ASGIApp:
        """Return the application. Called once, before the listeners open."""
